"""Stripe's bracketed form encoding: `a[b][0][c]=1` becomes dicts and lists."""

from typing import Any
from urllib.parse import parse_qsl

from ..store.errors import StripeError


def decode_form(text: str) -> dict[str, Any]:
    """Decode `a[b][0][c]=1` to nested dicts and lists; values stay strings."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, max_num_fields=5000):
        _place(tree, _keys(name), value, name)
    return {key: _lists(value, free=key == "metadata") for key, value in tree.items()}


def _keys(name: str) -> list[str]:
    head, bracket, rest = name.partition("[")
    if not bracket:
        return [name]
    if not head or not rest.endswith("]"):
        raise StripeError(f"Invalid request: the parameter name {name!r} cannot be read.", param=name)
    return [head, *rest[:-1].split("][")]


def _place(tree: dict[str, Any], keys: list[str], value: str, name: str) -> None:
    here = tree
    for key in keys[:-1]:
        here = here.setdefault(key or str(len(here)), {})
        if not isinstance(here, dict):
            raise StripeError(f"Invalid request: {name!r} is given both as a value and as an object.", param=name)
    last = keys[-1] or str(len(here))
    if isinstance(here.get(last), dict):
        raise StripeError(f"Invalid request: {name!r} is given both as a value and as an object.", param=name)
    here[last] = value


def _lists(value: Any, free: bool) -> Any:
    """Turn objects whose keys are all numbers into lists, except in metadata, where any key is a name."""
    if not isinstance(value, dict):
        return value
    if not free and value and all(key.isascii() and key.isdigit() for key in value):
        return [_lists(value[key], free) for key in sorted(value, key=int)]
    return {key: _lists(item, free or key == "metadata") for key, item in value.items()}
