"""Twilio's error answers, by code, with the HTTP status that each comes with."""

from __future__ import annotations

MESSAGES: dict[int, tuple[int, str]] = {
    20001: (400, "Parameter value is not valid"),
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20004: (405, "Method not allowed"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    20009: (409, "Message delivery is not yet complete or cannot be canceled"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid 'From' Number"),
    21408: (400, "Permission to send an SMS has not been enabled for the region indicated by the 'To' number"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' number is not a Twilio phone number of this account or cannot send SMS"),
    21609: (400, "The 'StatusCallback' URL is not a valid URL"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21624: (400, "Validity period can only be set to integers between 1 and 36000 seconds"),
    35111: (400, "SendAt must be an ISO 8601 time for a scheduled message"),
    35114: (400, "SendAt must be at least 5 minutes and at most 35 days ahead"),
    35118: (400, "MessagingServiceSid is required to schedule a message"),
}


class TwilioError(Exception):
    """An answer other than success. Knows its JSON form; `retry_after_s` goes into the Retry-After header."""

    def __init__(self, code: int, *, retry_after_s: int | None = None) -> None:
        """Look the code up; an unknown one is a 400."""
        self.code = code
        self.status, self.message = MESSAGES.get(code, (400, f"Error {code}"))
        self.retry_after_s = retry_after_s
        super().__init__(self.message)

    def to_json(self) -> dict[str, str | int]:
        """Return the body that Twilio answers with."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"https://www.twilio.com/docs/errors/{self.code}",
            "status": self.status,
        }
