"""Date and time formats of British English; Django's own formats are American, and name no time zone."""

DATE_FORMAT = "j F Y"
DATETIME_FORMAT = "j F Y, H:i T"
