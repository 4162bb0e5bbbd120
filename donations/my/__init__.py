"""Views for donors of their own giving: on My page, and by the link in a letter."""
