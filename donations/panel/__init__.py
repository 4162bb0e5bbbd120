"""The Wagtail panel of money: what staff see, and may do."""
