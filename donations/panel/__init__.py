"""What staff see of money, and may do."""
