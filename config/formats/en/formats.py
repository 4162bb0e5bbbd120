"""How British English writes a day; Django's own format is the American one."""

DATE_FORMAT = "j F Y"
