"""The API: its addresses and parameters, lists and searches, and how a call is answered."""
