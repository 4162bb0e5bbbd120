"""Number formats of Spanish, as Babel writes money and figures: 100.000 and 27,6. Dates are Django's own."""

THOUSAND_SEPARATOR = "."
DATETIME_FORMAT = r"j \d\e F \d\e Y, H:i T"
