"""Currencies, cards and bank accounts; money that is taken, given back, disputed, counted and paid out."""
