"""What donors and staff are written about money, and the papers that go with it."""
