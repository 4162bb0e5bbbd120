"""Card fields of a posted form: their validation, and the test card that they name."""

import re
from datetime import UTC, datetime

from ..money import cards


def _digits(fields: dict[str, str]) -> str:
    return re.sub(r"[\s-]", "", fields.get("card_number", ""))


def _expiry(text: str) -> tuple[int, int] | None:
    match = re.fullmatch(r"(0?[1-9]|1[0-2])\s*/?\s*(?:20)?(\d\d)", text, re.ASCII)
    return (int(match[1]), 2000 + int(match[2])) if match else None


def card_from_form(fields: dict[str, str]) -> cards.Card | None:
    """Return the card of a valid form."""
    expiry = _expiry(fields.get("exp", ""))
    return cards.read(_digits(fields), *expiry) if expiry else None


def card_slip(fields: dict[str, str]) -> str | None:
    """Return the validation error of the card's fields before any card is tried, in words for the donor."""
    now, expiry = datetime.now(UTC), _expiry(fields.get("exp", ""))
    if not cards.luhn(_digits(fields) or "1") or not re.fullmatch(r"\d{12,19}", _digits(fields), re.ASCII):
        return "Your card number is invalid."
    if expiry is None:
        return "Your card's expiration date is incomplete."
    if (expiry[1], expiry[0]) < (now.year, now.month):
        return "Your card's expiration year is in the past."
    if not re.fullmatch(r"\d{3,4}", fields.get("cvc", ""), re.ASCII):
        return "Your card's security code is incomplete."
    return None
