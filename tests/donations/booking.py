"""Book something by its function alone, and tell everybody of it as an event does: in one transaction."""

from collections.abc import Callable
from typing import Any

from django.db import transaction

from donations.letters import audience
from donations.letters.outcomes import Booked


def book(write: Callable[..., Booked], *facts: Any) -> str:
    """Returns the note for staff."""
    with transaction.atomic():
        booked = write(*facts)
        audience.everybody(booked.outcomes)
    return booked.note
