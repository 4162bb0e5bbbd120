"""What the site asks of Stripe: every call recorded while its own code runs, and what the SDK says about each."""

import inspect
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit

import stripe
from stripe._object_classes import OBJECT_CLASSES

from donations.stripe import client as stripe_client
from stripe_sandbox.api import parameters, routes
from stripe_sandbox.api.forms import decode_form
from tests.stripe_sandbox import openapi, samples, sdk_types


class Recorder:
    """Listens at the library's HTTP client. `calls` has "GET /v1/charges/{}" with the parameters that were sent."""

    def __init__(self, monkeypatch) -> None:
        self.calls: dict[str, set[str]] = defaultdict(set)
        self.kinds: set[str] = set()
        self.faults: list[str] = []
        real = stripe_client.InTime.request

        def request(client, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
            answer = real(client, method, url, headers, post_data)
            self._hear(method.upper(), url, post_data, answer)
            return answer

        monkeypatch.setattr(stripe_client.InTime, "request", request)
        stripe_client._client_for.cache_clear()

    def _hear(self, method: str, url: str, form: str | None, answer: tuple) -> None:
        parts = urlsplit(url)
        path = re.sub(r"^/t/[^/]+", "", parts.path)
        route, _ids = routes.find(method, path)
        given = decode_form(form or "") if method == "POST" else decode_form(parts.query)
        self.calls[f"{method} {route.path}"] |= set(_paths(given))
        body, status = json.loads(answer[0]), answer[1]
        if status != 200:
            self.faults += openapi.error_problems(body)
            return
        self.faults += openapi.answer_problems(method, path, body) + sdk_types.problems(body) + samples.problems(body)
        self.kinds |= set(_kinds(body))


def _paths(given: Any, path: str = "") -> Iterator[str]:
    """`line_items[][quantity]` for each value; what stands in metadata is ours and has no contract."""
    if isinstance(given, list):
        for item in given:
            yield from _paths(item, f"{path}[]")
    elif isinstance(given, dict) and not path.endswith("metadata]") and path != "metadata":
        for name, value in given.items():
            yield from _paths(value, f"{path}[{name}]" if path else name)
    else:
        yield path


def _kinds(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _kinds(item)
    elif isinstance(value, dict):
        kind = value.get("object")
        if isinstance(kind, str) and kind not in ("list", "search_result"):
            yield kind
        for item in value.values():
            yield from _kinds(item)


def undescribed(call: str, sent: set[str]) -> list[str]:
    """Parameters of a call that Stripe's OpenAPI description does not know, or the call itself."""
    method, address = call.split()
    paths = openapi.description()["paths"]
    like = [path for path in paths if re.sub(r"\{[^}]+\}", "{}", path) == address and method.lower() in paths[path]]
    if not like:
        return [call]
    operation = paths[like[0]][method.lower()]
    if method == "GET":
        known = {item["name"]: item.get("schema", {}) for item in operation.get("parameters", [])}
    else:
        content = operation.get("requestBody", {}).get("content", {})
        known = content.get("application/x-www-form-urlencoded", {}).get("schema", {}).get("properties", {})
    return [
        f"{call}: {path}" for path in sorted(sent) if not _has({"properties": known}, re.findall(r"\[\]|\w+", path))
    ]


def _has(schema: dict[str, Any], steps: list[str]) -> bool:
    if not steps:
        return True
    if any(_has(one, steps) for one in schema.get("anyOf", [])):
        return True
    if steps[0] == "[]":
        return "items" in schema and _has(schema["items"], steps[1:])
    inner = schema.get("properties", {}).get(steps[0])
    return inner is not None and _has(inner, steps[1:])


def said_by_the_sdk(calls: Mapping[str, Iterable[str]], kinds: Iterable[str]) -> dict[str, Any]:
    """The library's own types of every parameter that we send and of every field of every object that we get.

    What the library has no more is not there: one missing thing must not hide the others.
    """
    said = {}
    for call, sent in sorted(calls.items()):
        hints = _parameters(call)
        tops = sorted({path.split("[")[0] for path in sent} & hints.keys())
        said[call] = {"sent": sorted(sent), "types": {name: _short(hints[name]) for name in tops}}
    return {"calls": said, "objects": {kind: found for kind in sorted(kinds) if (found := _fields(kind))}}


def _parameters(call: str) -> dict[str, Any]:
    route, _ids = routes.find(*call.replace("{}", "x").split())
    try:
        return parameters.hints(parameters.find(route.params))
    except (ImportError, AttributeError):
        return {}


def _fields(kind: str) -> dict[str, str]:
    if kind not in OBJECT_CLASSES:
        return {}
    return {name: _short(hint) for name, hint in sorted(sdk_types.hints(sdk_types.resource(kind)).items())}


def _short(hint: Any) -> str:
    return re.sub(r"(stripe|typing|typing_extensions|params|resources)\.|_\w+\.|<class '|'>", "", repr(hint))


def differences(before: Any, now: Any, path: str = "") -> list[str]:
    """Each leaf that came, went or changed, by its path."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return [] if before == now else [f"{path}: {before} -> {now}"]
    found = [f"{path}/{name}: gone" for name in sorted(before.keys() - now.keys())]
    found += [f"{path}/{name}: new" for name in sorted(now.keys() - before.keys())]
    for name in sorted(before.keys() & now.keys()):
        found += differences(before[name], now[name], f"{path}/{name}")
    return found


def since(before: dict[str, Any]) -> list[str]:
    """What the library that is installed says otherwise than the one `before` was written of. Asks nobody: with another
    library the first call may be refused, and would hide every other difference.
    """
    sent = {call: known["sent"] for call, known in before["calls"].items()}
    now = {"library": stripe.VERSION, "version": stripe.api_version, **said_by_the_sdk(sent, before["objects"])}
    return differences(before, now)


def public(module: ModuleType) -> set[str]:
    """The functions of a module that other modules call."""
    found = inspect.getmembers(module, inspect.isfunction)
    return {name for name, one in found if one.__module__ == module.__name__ and not name.startswith("_")}
