"""What people are asked to pay, once or by the month: checkout, customers, subscriptions, invoices, the portal."""
