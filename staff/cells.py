"""CSV injection (formula injection): makes cells of a spreadsheet that hold what people typed inert."""

import re
from typing import Any

# A spreadsheet program takes text that begins so for a formula; the last four are the full-width forms. Inside a text
# too, behind what another country's program takes for a delimiter.
FORMULA = re.compile(r"^(?=[=+\-@\t\r\n＝＋－＠])|(?<=[;\t\r\n])(?=[=+\-@＝＋－＠])")

# Control characters that XLSX cannot hold. openpyxl has them too, but every process would import all of openpyxl for
# it.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


def inert(value: Any) -> Any:
    """Return text that no spreadsheet program takes for a formula. Numbers and dates stay what they are."""
    if isinstance(value, str) and FORMULA.search(value):
        return FORMULA.sub("'", value)
    return value
