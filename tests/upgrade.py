"""What another version of Stripe's library changes for us, a line each: .venv/bin/python -m tests.upgrade

It asks nobody: the library's own types of all that we send and read, against tests/donations/contract.json, which was
written with the version before; and each place that names a version. 0: nothing differs. docs/stripe.md has the steps.
"""

import importlib
import json
import os
import re

import django
import stripe
from django.conf import settings

from stripe_sandbox import API_VERSION
from tests.running import ROOT, files_of_the_project

LONG = 200  # characters
PINS = ("requirements.in", "requirements.txt", "requirements-dev.txt")
SAID = {"config/settings.py", "stripe_sandbox/__init__.py", "tests/donations/contract.json"}  # by lines of their own


def behind() -> list[str]:
    """The places whose version is not that of the installed library."""
    found = []
    for name in PINS:
        pinned = re.search(r"^stripe==(\S+)", (ROOT / name).read_text(), re.M)
        pin = pinned[1] if pinned else "nothing"
        found += [f"{name}: stripe=={pin}, and {stripe.VERSION} is installed"] if pin != stripe.VERSION else []
    for place, version in (
        ("STRIPE_API_VERSION", settings.STRIPE_API_VERSION),
        ("stripe_sandbox.API_VERSION", API_VERSION),
    ):
        if version != stripe.api_version:
            found.append(f"{place}: {version}, and the library speaks {stripe.api_version}")
    return found


def naming(version: str) -> list[str]:
    """The lines of the project that name the version before, in words, tests and tables."""
    found = []
    for name in files_of_the_project():
        path = ROOT / name
        if name in SAID or not path.is_file() or version.encode() not in (raw := path.read_bytes()):
            continue
        lines = raw.decode(errors="replace").splitlines()
        found += [f"{name}:{at}: still names {version}" for at, line in enumerate(lines, start=1) if version in line]
    return found


def readable(line: str) -> str:
    """A change in a long list of words as what came and what went."""
    path, _, change = line.partition(": ")
    before, _, now = change.partition(" -> ")
    old, new = set(re.findall(r"'([^']*)'", before)), set(re.findall(r"'([^']*)'", now))
    if len(line) < LONG or old == new:
        return line
    came, went = ", ".join(sorted(new - old)), ", ".join(sorted(old - new))
    return f"{path}: " + "; ".join(filter(None, [came and f"came {came}", went and f"went {went}"]))


def main() -> int:
    contract = importlib.import_module("tests.donations.contract")  # it needs Django's settings
    before = json.loads((ROOT / "tests/donations/contract.json").read_text())
    found = [*behind(), *map(readable, contract.since(before))]
    if before["version"] != stripe.api_version:
        found += naming(before["version"])
    print("\n".join(found) or f"Nothing differs: {stripe.VERSION}, {stripe.api_version}.")
    return int(bool(found))


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    raise SystemExit(main())
