"""What Stripe does otherwise than the offline stand-in: the events of each journey, and the fields of what they carry.

told.json is what the stand-in tells: `SMOKE=write pytest tests/smoke` writes it anew; its diff belongs to the review.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

KEPT = Path(__file__).with_name("told.json")
Told = dict[str, dict[str, list[str]]]
# Stripe tells these whenever it comes to them, in one journey or the next; and they say nothing of the gift.
ANYTIME = ("payout.", "balance.", "setup_intent.", "product.", "price.", "plan.", "billing_portal.", "mandate.")


def told(heard: dict[str, list[dict[str, Any]]]) -> Told:
    """Of the events of each journey: their types, and the fields of each kind of object in them."""
    events = {
        name: sorted({each["type"] for each in some if not each["type"].startswith(ANYTIME)})
        for name, some in heard.items()
    }
    fields: dict[str, set[str]] = {}
    for some in heard.values():
        for thing in (each["data"]["object"] for each in some if not each["type"].startswith(ANYTIME)):
            fields.setdefault(str(thing["object"]), set()).update(thing)
    return {"events": events, "fields": {kind: sorted(names) for kind, names in sorted(fields.items())}}


def differences(now: Told, kept: Told | None = None) -> list[str]:
    """A sentence for each; none when it is as the stand-in tells it. A journey that was not made is left out."""
    before = json.loads(KEPT.read_text()) if kept is None else kept
    found = []
    for part, what in (("events", "{name}: {word} {these}"), ("fields", "{name} {word} the fields {these}")):
        for name in sorted(now[part].keys() & before[part].keys()):
            here, there = set(now[part][name]), set(before[part][name])
            words = ("was also told", "was not told") if part == "events" else ("has also", "has not")
            found += _said(what, name, words[0], here - there) + _said(what, name, words[1], there - here)
    found += [f"nothing is known of {kind}" for kind in sorted(now["fields"].keys() - before["fields"].keys())]
    return found


def _said(what: str, name: str, word: str, these: Iterable[str]) -> list[str]:
    rest = ", ".join(sorted(these))
    return [what.format(name=name, word=word, these=rest)] if rest else []
