"""Columns of a list that are methods of a row: what stands above them, and by which field the list is sorted."""

from collections.abc import Callable
from typing import Any, TypeVar

Method = TypeVar("Method", bound=Callable[..., Any])


def column(title: Any, sorted_by: str = "") -> Callable[[Method], Method]:
    """Mark a method as a column. Without `sorted_by` its heading sorts nothing."""

    def marked(method: Method) -> Method:
        words: dict[str, Any] = {"short_description": title, **({"admin_order_field": sorted_by} if sorted_by else {})}
        vars(method).update(words)
        return method

    return marked
