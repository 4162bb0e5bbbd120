"""Money: currencies, cards and bank accounts; charges, refunds, disputes, balance transactions and payouts."""
