"""How British English writes a day and a moment; Django's own formats are American, and name no zone."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i T"
