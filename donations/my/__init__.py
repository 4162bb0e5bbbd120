"""What donors do with their own giving: on My page, and by the link in a letter."""
