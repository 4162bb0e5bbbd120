"""List columns that are methods of a row: their heading, and the field by which the list is sorted."""

from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def column(title: Any, sorted_by: str = "") -> Callable[[Method], Method]:
    """Decorator: mark a method as a list column. Without `sorted_by` its heading sorts nothing."""

    def marked(method: Method) -> Method:
        words: dict[str, Any] = {"short_description": title, **({"admin_order_field": sorted_by} if sorted_by else {})}
        vars(method).update(words)
        return method

    return marked
