"""The socket, requests and answers. Nothing of Stripe is known here."""
