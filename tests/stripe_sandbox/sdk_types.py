"""Oracle one: does an object fit the official SDK's resource classes? Enums are closed, unknown keys are faults."""

import ast
import importlib
import inspect
import types
import typing
from decimal import Decimal
from functools import cache
from typing import Any, Literal, Union

from stripe._list_object import ListObject
from stripe._object_classes import OBJECT_CLASSES
from stripe._stripe_object import StripeObject, UntypedStripeObject
from typing_extensions import get_type_hints

from tests.narrowing import not_none

# Keys that every object may have without its class saying so.
ALWAYS = {"object", "id", "deleted"}
# Fields that only exist in another state of the object, although the SDK's type does not say so.
ABSENT = {
    "webhook_endpoint.secret": "shown in the answer to its creation only",
    "invoice.payments": "only when expanded",
}


def problems(thing: dict[str, Any]) -> list[str]:
    """What is wrong with an API object, as `path: reason`; empty when it fits."""
    kind = thing.get("object", "")
    if kind in ("list", "search_result"):
        return [fault for item in thing["data"] for fault in problems(item)]
    if thing.get("deleted"):
        return [] if set(thing) == {"id", "object", "deleted"} else [f"{kind}: a deleted stub has three keys"]
    if kind not in OBJECT_CLASSES:
        return [f"{kind}: no such class in the SDK"]
    return _object(resource(kind), thing, kind)


@cache
def resource(kind: str) -> type:
    module, name = OBJECT_CLASSES[kind]
    return getattr(importlib.import_module(module), name)


@cache
def hints(cls: type) -> dict[str, Any]:
    """The annotations of a resource class, with the names resolved that it imports for type checkers only."""
    own = types.SimpleNamespace(__annotations__=cls.__annotations__)  # the base classes' are the SDK's own business
    resolved = get_type_hints(own, globalns=_names(cls.__module__))
    return {name: resolved[name] for name in cls.__annotations__ if name != "OBJECT_NAME" and name[0] != "_"}


@cache
def _names(module_name: str) -> dict[str, Any]:
    module = importlib.import_module(module_name)
    names = dict(vars(module))
    for node in ast.parse(inspect.getsource(module)).body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            for line in node.body:
                if isinstance(line, ast.ImportFrom) and not line.module.startswith("stripe.params"):
                    source = importlib.import_module(not_none(line.module))
                    names.update({alias.asname or alias.name: getattr(source, alias.name) for alias in line.names})
    return names


def _object(cls: type, thing: dict[str, Any], path: str) -> list[str]:
    known = hints(cls)
    faults = [f"{path}.{name}: unknown key" for name in thing if name not in known and name not in ALWAYS]
    for name, hint in known.items():
        where = f"{path}.{name}"
        if name not in thing:
            if type(None) not in _shape(hint)[1] and where not in ABSENT:
                faults.append(f"{where}: missing")
        else:
            faults += _value(hint, thing[name], where)
    return faults


@cache
def _shape(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    """What a hint is of, and its arguments."""
    return typing.get_origin(hint), typing.get_args(hint)


@cache
def _members(hint: Any) -> tuple[Any, ...]:
    origin, args = _shape(hint)
    return tuple(part for arg in args for part in _members(arg)) if origin in (Union, types.UnionType) else (hint,)


@cache
def _words(hint: Any) -> tuple[Any, ...]:
    """The words of a closed enum that a hint allows."""
    return tuple(word for part in _members(hint) if _shape(part)[0] is Literal for word in _shape(part)[1])


def _value(hint: Any, value: Any, path: str) -> list[str]:
    members = _members(hint)
    if Any in members:
        return []
    words = _words(hint)
    if words and isinstance(value, str) and value not in words:
        return [f"{path}: {value!r} is none of {[*words[:8]]}"]
    tries = [faults for part in members if (faults := _fits(part, value, path)) is not None]
    if not tries:
        return [f"{path}: {value!r} has the wrong type"]
    return min(tries, key=len)


def _fits(hint: Any, value: Any, path: str) -> list[str] | None:
    """Faults inside the value, or None when it is of another kind altogether."""
    origin, args = _shape(hint)
    if hint is type(None):
        return [] if value is None else None
    if origin is Literal:
        return [] if value in args else None
    if origin in (list, typing.List):  # noqa: UP006
        return (
            [f for n, item in enumerate(value) for f in _value(args[0], item, f"{path}[{n}]")]
            if _is(value, list)
            else None
        )
    if origin is ListObject:
        return _list(args[0], value, path)
    if origin in (dict, UntypedStripeObject):
        return (
            [f for name in value for f in _value(args[-1], value[name], f"{path}.{name}")] if _is(value, dict) else None
        )
    if isinstance(hint, type) and issubclass(hint, StripeObject):
        if not isinstance(value, dict) or getattr(hint, "OBJECT_NAME", value.get("object")) != value.get("object"):
            return None
        if value.get("deleted"):
            return problems(value)
        return [] if hint in (StripeObject, UntypedStripeObject) else _object(hint, value, path)
    return _scalar(hint, value)


def _is(value: Any, kind: type) -> bool:
    return isinstance(value, kind)


def _list(item: Any, value: Any, path: str) -> list[str] | None:
    if not isinstance(value, dict) or value.get("object") != "list":
        return None
    faults = [f"{path}.{name}: missing" for name in ("data", "has_more", "url") if name not in value]
    return faults + [f for n, one in enumerate(value["data"]) for f in _value(item, one, f"{path}[{n}]")]


def _scalar(hint: Any, value: Any) -> list[str] | None:
    if hint is bool or isinstance(value, bool):
        return [] if hint is bool and isinstance(value, bool) else None
    if hint is float:
        return [] if isinstance(value, (int, float)) else None
    if hint is Decimal:
        return [] if isinstance(value, str) else None
    return [] if isinstance(hint, type) and isinstance(value, hint) else None


def expandable(kind: str) -> set[str]:
    """The fields of an object that hold an id or, when expanded, an object."""
    found = set()
    for name, hint in hints(resource(kind)).items():
        members = _members(hint)
        if str in members and any(isinstance(part, type) and hasattr(part, "OBJECT_NAME") for part in members):
            found.add(name)
    return found
