"""Letters (e-mails) to donors and staff about money, and the PDF receipts and statements that go with them."""
