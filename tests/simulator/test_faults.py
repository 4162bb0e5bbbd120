"""The n-th fault: each commit, call to Stripe and command to the mail server of a story fails once, before it has
happened or after, by an error or by the death of the process. The story ends as the undisturbed one does.

The gate takes a few of each story; `FAULTS=all` takes every one: `script/drill faults` does.
"""

import json
import os
import random
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import transaction
from django.test import override_settings
from django.utils import timezone

from config import mail as mail_settings
from foundation.letters import outbox
from tests.donations.donor import Till
from tests.drills.mail_server import MailServer
from tests.simulator.moments import KINDS, Trap
from tests.simulator.scene import Scene
from tests.simulator.tales import TALES, Tale

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
LETTERS = "letters, and how often mailed"
SOME = 1  # trap of each story in the gate


@pytest.fixture
def told(till, charity, unhurried, sandbox) -> Iterator[Callable[[Tale, Trap | None], tuple[Any, Any]]]:
    """Tell a story with a trap in it, and take it back: what it has written, and how many moments it had."""

    def tell(tale: Tale, trap: Trap | None = None) -> tuple[dict[str, list[str]], dict[str, int]]:
        server = MailServer()
        tenant = f"tale{uuid.uuid4().hex[:10]}"
        there = {**mail_settings.server(server.url), "STRIPE_API_BASE": sandbox.tenant(tenant)}
        cache.clear()
        try:
            with override_settings(**there), transaction.atomic(), time_machine.travel(timezone.now()) as clock:
                scene = Scene(Till(sandbox, tenant), server, clock)
                try:
                    tale.before(scene)
                    with scene.moments as moments:
                        moments.restart()
                        moments.set(trap)
                        tale.tell(scene)
                        scene.end()
                    assert trap is None or moments.sprung == 1, "the story never came there"
                    return scene.written(), dict(moments.seen)
                finally:
                    transaction.set_rollback(True)
        finally:
            server.stop()

    yield tell


@pytest.mark.parametrize("name", TALES)
def test_it_ends_as_if_nothing_had_failed(told, name):
    undisturbed, moments = told(TALES[name])
    traps = every_trap(moments)
    if os.environ.get("FAULTS") != "all":
        traps = random.Random(name).sample(traps, SOME)
    wrong = {}
    for trap in traps:
        if differs := what_differs(told, TALES[name], trap, undisturbed):
            wrong[str(trap)] = differs
            print(f"   {trap}: {differs}", flush=True)
    print(f"{name}: {moments}, {len(traps)} faults, {len(wrong)} of them found something", flush=True)
    report(name, traps)
    assert not wrong, "\n".join(f"{trap}: {differs}" for trap, differs in wrong.items())


def every_trap(moments: dict[str, int]) -> list[Trap]:
    return [
        Trap(kind, nth + 1, after, kills)
        for kind in KINDS
        for nth in range(moments.get(kind, 0))
        for after in (False, True)
        for kills in (False, True)
    ]


def what_differs(told, tale: Tale, trap: Trap, undisturbed: dict[str, list[str]]) -> dict[str, Any]:
    """By part: what the disturbed story has written, and what it should have."""
    try:
        ended, _ = told(tale, trap)
    except AssertionError as error:
        return {"the story": str(error)}
    if tale.asked_for:
        again = {row for row in ended[LETTERS] if row.startswith(tale.asked_for)}
        ended[LETTERS] = sorted([*again, *(row for row in ended[LETTERS] if row not in again)])
    return {part: (ended[part], rows) for part, rows in undisturbed.items() if ended[part] != rows}


def report(name: str, traps: list[Trap]) -> None:
    """For script/drill."""
    if place := os.environ.get("SIMULATOR_REPORT"):
        known = json.loads(Path(place).read_text()) if Path(place).exists() else {"injected": {}, "checked": {}}
        for trap in traps:
            what = f"{trap.kind} {'killed' if trap.kills else 'failed'} {'after' if trap.after else 'before'} it"
            known["injected"][what] = known["injected"].get(what, 0) + 1
        known["checked"][f"ends as the undisturbed one: {name}"] = len(traps)
        Path(place).write_text(json.dumps(known))


def test_it_finds_a_letter_that_is_sent_again_when_nobody_knows_whether_it_left(told, monkeypatch):
    tale, after_the_message = TALES["a cheque, taken back"], Trap("mail", 6, after=True, kills=False)
    undisturbed, _ = told(tale)
    assert what_differs(told, tale, after_the_message, undisturbed) == {}
    monkeypatch.setattr(outbox, "ENDS", {})  # whatever was said of it, it waits for another try
    assert LETTERS in what_differs(told, tale, after_the_message, undisturbed)
