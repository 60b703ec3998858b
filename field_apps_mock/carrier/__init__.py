"""Stand-in for Twilio's Message API: its HTTP contract, signed callbacks, failures on request, and the phones' inboxes.

Run it with `python -m field_apps_mock.carrier`; point a Twilio client at it with TWILIO_API_BASE.
"""
