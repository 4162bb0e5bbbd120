"""Says to the type checker what a test knows, and fails the test where it is not so."""

from typing import TypeVar

Value = TypeVar("Value")


def not_none(value: Value | None) -> Value:
    """The same value, which is there."""
    assert value is not None
    return value
