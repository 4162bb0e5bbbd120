"""The n-th fault: each commit, call to Stripe and command to the mail server of a story fails once, before it has
happened or after, by an error or by the death of the process. The story ends as the undisturbed one does.

The gate takes one of each story. `FAULTS_FROM=1` takes all, as `script/drill faults` does; 108: from the 108th on.
"""

import json
import os
import random
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
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
from tests.running import SEED
from tests.simulator.moments import KINDS, Trap
from tests.simulator.scene import Scene
from tests.simulator.tales import TALES, Tale
from tests.stripe_sandbox.driver import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
LETTERS = "letters, and how often mailed"
SOME = 1  # trap of each story in the gate
FROM = int(os.environ.get("FAULTS_FROM", "0"))


class Telling:
    """Tells a story with a trap in it, and takes it back. What is undisturbed before it happens once: its rows stay,
    and each story goes on with a copy of its books at Stripe.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.mail = MailServer()
        self._before: dict[Callable[[Scene], None], tuple[Till, Counter[str], timedelta]] = {}

    def __call__(self, tale: Tale, trap: Trap | None = None) -> tuple[dict[str, list[str]], dict[str, int]]:
        """What the story has written, and how many moments it had."""
        if tale.before not in self._before:
            with self._scene() as scene:
                tale.before(scene)
                self._before[tale.before] = (scene.till, self.mail.letters.copy(), scene.passed)
        with transaction.atomic(), self._scene(*self._before[tale.before]) as scene:
            try:
                with scene.moments as moments:
                    moments.restart()
                    moments.set(trap)
                    tale.tell(scene)
                    scene.end()
                assert trap is None or len(moments.sprung) == 1, "the story never came there"
                return scene.written(), dict(moments.seen)
            finally:
                transaction.set_rollback(True)

    @contextmanager
    def _scene(
        self, before: Till | None = None, mailed: Counter[str] | None = None, passed: timedelta = timedelta()
    ) -> Iterator[Scene]:
        till = Till(self.sandbox, f"tale{uuid.uuid4().hex[:10]}")
        if before:
            till.copy(before.tenant)
        self.mail.letters = Counter(mailed)
        there = {**mail_settings.server(self.mail.url), "STRIPE_API_BASE": self.sandbox.tenant(till.tenant)}
        cache.clear()
        with override_settings(**there), time_machine.travel(timezone.now() + passed) as clock:
            yield Scene(till, self.mail, clock)


@pytest.fixture
def told(till, charity, unhurried, undrawn, sandbox) -> Iterator[Telling]:
    telling = Telling(sandbox)
    yield telling
    telling.mail.stop()


@pytest.mark.parametrize("name", TALES)
def test_it_ends_as_if_nothing_had_failed(told, name):
    undisturbed, moments = told(TALES[name])
    traps = every_trap(moments)
    traps = traps[FROM - 1 :] if FROM else random.Random(name).sample(traps, SOME)
    wrong = {}
    for number, trap in enumerate(traps, start=FROM):
        if FROM and number % 50 == 0:
            print(f"{name}: at {number}", flush=True)  # where a run that was ended may go on
        if differs := what_differs(told, TALES[name], trap, undisturbed):
            wrong[str(trap)] = differs
            print(f"   {trap}: {differs}", flush=True)
        report(name, traps[: number - FROM + 1])  # each time: a run may be ended
    print(f"{name}: {moments}, {len(traps)} faults, {len(wrong)} of them found something", flush=True)
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
    """For script/drill: a file of its own, since others are told beside this one."""
    if folder := os.environ.get("SIMULATOR_REPORT"):
        injected = Counter(trap.sort for trap in traps)
        told = {"injected": injected, "checked": {f"ends as the undisturbed one: {name}": len(traps)}}
        (Path(folder) / f"{name}.json").write_text(json.dumps(told))


@pytest.mark.once
def test_it_ends_alike_with_a_stripe_behind_http(told, settings, tmp_path):
    here, moments = told(TALES["a gift"])
    told.sandbox = Sandbox.start(tmp_path, seed=SEED)
    settings.STRIPE_PAGE_ORIGINS = [told.sandbox.address]
    try:
        there = told(TALES["a gift"])
    finally:
        told.sandbox.stop()
    assert there == (here, moments)


def test_it_finds_a_letter_that_is_sent_again_when_nobody_knows_whether_it_left(told, monkeypatch):
    tale, after_the_message = TALES["a cheque, taken back"], Trap("mail", 6, after=True, kills=False)
    undisturbed, _ = told(tale)
    assert what_differs(told, tale, after_the_message, undisturbed) == {}
    monkeypatch.setattr(outbox, "ENDS", {})  # whatever was said of it, it waits for another try
    assert LETTERS in what_differs(told, tale, after_the_message, undisturbed)
