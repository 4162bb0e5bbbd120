"""The API: its routes and parameters, lists and searches, and how a call is answered."""
