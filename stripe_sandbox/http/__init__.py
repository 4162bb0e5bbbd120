"""HTTP server, requests and responses. Nothing of Stripe is known here."""
