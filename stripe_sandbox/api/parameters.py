"""Parameter validation: checks a request's parameters against the official SDK's own types, and converts their values.

The SDK writes closed enums as `Literal[...] | str`, so that new values do not break old programs. Here they are closed
again, because Stripe itself refuses an unknown value.
"""

import re
import types
import typing
from decimal import Decimal
from functools import cache
from importlib import import_module
from typing import Any, Literal, NotRequired, Required, Union

import stripe._request_options as request_options
from stripe._stripe_context import StripeContext
from typing_extensions import get_type_hints, is_typeddict

from ..store.errors import bad_value, empty_param, missing_param, unknown_param

OPTION_KEYS = frozenset(request_options.RequestOptions.__annotations__)


def check(type_name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return typed parameters of `module:Class` below stripe.params. StripeError names the path of the first error."""
    return _object(find(type_name), given, "")


@cache
def find(type_name: str) -> type:
    module, _, name = type_name.partition(":")
    found: type = getattr(import_module(f"stripe.params.{module}"), name)
    return found


@cache
def hints(cls: type) -> dict[str, Any]:
    module = import_module(cls.__module__)
    names = {**vars(request_options), **vars(module), "StripeContext": StripeContext, "Decimal": Decimal}
    return get_type_hints(cls, globalns=names, include_extras=True)


def _object(cls: type, given: dict[str, Any], path: str) -> dict[str, Any]:
    known = {name: hint for name, hint in hints(cls).items() if path or name not in OPTION_KEYS}
    result = {}
    for name, value in given.items():
        where = f"{path}[{name}]" if path else name
        if name not in known:
            raise unknown_param(where)
        result[name] = _value(known[name], value, where)
    for name in sorted(cls.__required_keys__ & known.keys()):  # type: ignore[attr-defined]
        if name not in given:
            raise missing_param(f"{path}[{name}]" if path else name)
    return result


def _members(hint: Any) -> list[Any]:
    """Return the alternatives of a type hint, one level, without None."""
    origin = typing.get_origin(hint)
    if origin in (NotRequired, Required, typing.NotRequired, typing.Required):
        return _members(typing.get_args(hint)[0])
    if origin in (Union, types.UnionType):
        return [part for arg in typing.get_args(hint) for part in _members(arg)]
    return [] if hint is type(None) else [hint]


def _value(hint: Any, value: Any, path: str) -> Any:
    members = _members(hint)
    literals = [word for part in members if typing.get_origin(part) is Literal for word in typing.get_args(part)]
    if value == "" and not isinstance(value, (dict, list)):
        if "" in literals:
            return ""
        raise empty_param(path)
    if isinstance(value, list):
        return _list(members, value, path)
    if isinstance(value, dict):
        return _dict(members, value, path)
    return _scalar(members, [word for word in literals if word != ""], value, path)


def _list(members: list[Any], value: list[Any], path: str) -> list[Any]:
    for part in members:
        if typing.get_origin(part) is list:
            inner = typing.get_args(part)[0]
            return [_value(inner, item, f"{path}[{number}]") for number, item in enumerate(value)]
    raise bad_value(path, f"Invalid {_expected(members)}")


def _dict(members: list[Any], value: dict[str, Any], path: str) -> dict[str, Any]:
    for part in members:
        if is_typeddict(part):
            return _object(part, value, path)
        if typing.get_origin(part) is dict:
            return _free(value, path)
    raise bad_value(path, f"Invalid {_expected(members)}")


def _free(value: dict[str, Any], path: str) -> dict[str, Any]:
    """Check metadata: at most 50 keys of 40 characters with texts of 500."""
    if len(value) > 50:
        raise bad_value(path, "You can only specify up to 50 keys.")
    for name, text in value.items():
        if not isinstance(text, str):
            raise bad_value(f"{path}[{name}]", "Metadata values must be strings.")
        if len(name) > 40:
            raise bad_value(path, f"Metadata keys can have up to 40 characters, but you passed in {name!r}.")
        if len(text) > 500:
            raise bad_value(
                f"{path}[{name}]",
                "Metadata values can have up to 500 characters, but you passed in a value that is "
                f"{len(text)} characters.",
            )
    return value


def _expected(members: list[Any]) -> str:
    if any(is_typeddict(part) or typing.get_origin(part) is dict for part in members):
        return "object"
    return "array" if any(typing.get_origin(part) is list for part in members) else "string"


def _scalar(members: list[Any], words: list[str], value: str, path: str) -> Any:
    if value in words:
        return value
    if bool in members and value in ("true", "false"):
        return value == "true"
    number = _number(members, value)
    if number is not None:
        return number
    if words and not ({int, float, Decimal} & set(members)):
        raise bad_value(path, f"Invalid {path}: must be one of {_either(words)}")
    if str in members and not words:
        return value
    if int in members:
        raise bad_value(path, f"Invalid integer: {value}", "parameter_invalid_integer")
    if float in members or Decimal in members:
        raise bad_value(path, f"Invalid decimal: {value}", "parameter_invalid_decimal")
    if bool in members:
        raise bad_value(path, f"Invalid boolean: {value}", "parameter_invalid_boolean")
    raise bad_value(path, f"Invalid {_expected(members)}")


def _number(members: list[Any], value: str) -> Any:
    if int in members and re.fullmatch(r"-?[0-9]{1,17}", value):
        return int(value)
    if (Decimal in members or float in members) and re.fullmatch(r"-?[0-9]{1,17}(\.[0-9]{1,12})?", value):
        return Decimal(value) if Decimal in members else float(value)
    return None


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])}, or {words[-1]}"
