"""Public views of giving: the donation form, the redirect to Stripe Checkout, the thank-you page, receipts as PDF."""
