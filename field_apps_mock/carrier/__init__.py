"""Stand-in for Twilio's Message API: its HTTP contract, signed callbacks, failures on request, and the phones' inboxes.

Run it with `python -m field_apps_mock.carrier`; point a Twilio client at it with TWILIO_API_BASE. Given an account at
Aliyun (ALIYUN_ACCESS_KEY_ID and the rest), it stands in for Aliyun's SMS too: ALIYUN_API_BASE.
"""
