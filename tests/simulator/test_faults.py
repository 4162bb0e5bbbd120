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
from contextlib import contextmanager, nullcontext
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection, transaction
from django.test import override_settings

from config import mail as mail_settings
from foundation.letters import outbox
from tests.donations.donor import Till
from tests.running import SEED
from tests.simulator.forks import Forks, Told, in_memory
from tests.simulator.moments import Trap
from tests.simulator.post import URL, Post, answering
from tests.simulator.scene import Scene
from tests.simulator.tales import TALES, Tale
from tests.stripe_sandbox.driver import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.finding]
Written = dict[str, list[str]]
Met = tuple[str, int, int]
LETTERS = "letters, and how often mailed"
SOME = 1  # trap of each story in the gate
FROM = int(os.environ.get("FAULTS_FROM", "0"))


class Telling:
    """Tells a story with a trap in it, and takes it back. What is undisturbed before it happens once: its rows stay,
    and each story goes on with a copy of its books at Stripe.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.post = sandbox, Post()
        self._before: dict[Callable[[Scene], None], tuple[Till, Counter[str]]] = {}

    def __call__(self, tale: Tale, trap: Trap | None = None) -> tuple[Written, list[Met]]:
        """What the story has written, and its moments."""
        return self._tell(tale, trap)

    def each(self, tale: Tale, traps: list[Trap], tell: Callable[[Trap, Told], None]) -> Written | None:
        """`tell` hears how each of these stories ended: {"written": …} or {"failed": …}. Returns what the undisturbed
        one has written again, where it was told beside them.
        """
        if connection.vendor != "sqlite":
            for trap in traps:
                try:
                    tell(trap, {"written": self._tell(tale, trap)[0]})
                except AssertionError as error:
                    tell(trap, {"failed": str(error)})
            return None
        forks = Forks(traps, tell)
        try:
            written, _ = self._tell(tale, None, forks)
        except BaseException as error:
            if forks.is_child:
                forks.leave({"failed": f"{type(error).__name__}: {error}"})
            raise
        if forks.is_child:
            forks.leave({"written": written})
        return written

    def _tell(self, tale: Tale, trap: Trap | None, forks: Forks | None = None) -> tuple[Written, list[Met]]:
        if tale.before not in self._before:
            with self._scene() as scene:
                tale.before(scene)
                self._before[tale.before] = (scene.till, self.post.letters.copy())
        with transaction.atomic(), self._scene(*self._before[tale.before]) as scene:
            try:
                with scene.moments as moments:
                    moments.restart()
                    moments.set(trap)
                    if forks:
                        moments.split = forks.at
                    tale.tell(scene)
                    scene.end()
                expected = 1 if trap or (forks and forks.is_child) else 0
                assert len(moments.sprung) == expected, "the story never came there"
                return scene.written(), moments.met.copy()
            finally:
                transaction.set_rollback(True)

    @contextmanager
    def _scene(self, before: Till | None = None, mailed: Counter[str] | None = None) -> Iterator[Scene]:
        till = Till(self.sandbox, f"tale{uuid.uuid4().hex[:10]}")
        if before:
            till.copy(before.tenant)
        self.post.letters = Counter(mailed)
        there = {**mail_settings.server(URL), "STRIPE_API_BASE": self.sandbox.tenant(till.tenant)}
        cache.clear()
        now = self.sandbox.health(till.tenant)["now"]
        with override_settings(**there), answering(self.post), time_machine.travel(now, tick=False) as clock:
            yield Scene(till, self.post, clock)


@pytest.fixture(scope="module")
def forked(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Of a wider scope than what opens a test's transaction, and so before it."""
    with django_db_blocker.unblock(), in_memory() if connection.vendor == "sqlite" else nullcontext():
        yield


@pytest.fixture
def told(forked, till, charity, unhurried, undrawn, standing, settings) -> Telling:
    settings.STRIPE_PAGE_ORIGINS = [standing.address]
    return Telling(standing)


@pytest.mark.parametrize("name", TALES)
def test_it_ends_as_if_nothing_had_failed(told, name):
    undisturbed, moments = told(TALES[name])
    traps = every_trap(moments)
    traps = traps[FROM - 1 :] if FROM else random.Random(name).sample(traps, SOME)
    tried: list[Trap] = []
    wrong = {}

    def heard(trap: Trap, ended: Told) -> None:
        tried.append(trap)
        if differs := what_differs(ended, TALES[name], undisturbed):
            wrong[str(trap)] = differs
            print(f"   {trap}: {differs}", flush=True)
        if FROM and len(tried) % 50 == 0:
            print(f"{name}: at {FROM + len(tried)}", flush=True)  # where a run that was ended may go on
        report(name, tried)  # each time: a run may be ended

    beside = told.each(TALES[name], traps, heard)
    print(f"{name}: {len(moments)} moments, {len(tried)} faults, {len(wrong)} of them found something", flush=True)
    assert not wrong, "\n".join(f"{trap}: {differs}" for trap, differs in wrong.items())
    assert tried == traps and beside in (None, undisturbed)


def every_trap(moments: list[Met]) -> list[Trap]:
    """In the order of the story. Who dies after a moment dies before the next one of the same act: nothing that others
    can see happens between two moments. That is one fault, and tried once.
    """
    traps = []
    for (kind, nth, act), following in zip_longest(moments, moments[1:]):
        same = following is not None and following[2] == act
        ways = [(after, kills) for after in (False, True) for kills in (False, True) if not (after and kills and same)]
        traps += [Trap(kind, nth, after, kills) for after, kills in ways]
    return traps


def what_differs(ended: Told, tale: Tale, undisturbed: Written) -> dict[str, Any]:
    """By part: what the disturbed story has written, and what it should have."""
    if "failed" in ended:
        return {"the story": ended["failed"]}
    written = ended["written"]
    if tale.asked_for:
        again = {row for row in written[LETTERS] if row.startswith(tale.asked_for)}
        written[LETTERS] = sorted([*again, *(row for row in written[LETTERS] if row not in again)])
    return {part: (written[part], rows) for part, rows in undisturbed.items() if written[part] != rows}


def report(name: str, traps: list[Trap]) -> None:
    """For script/drill: a file of its own, since others are told beside this one."""
    if folder := os.environ.get("SIMULATOR_REPORT"):
        injected = Counter(trap.sort for trap in traps)
        told = {"injected": injected, "checked": {f"ends as the undisturbed one: {name}": len(traps)}}
        (Path(folder) / f"{name}.json").write_text(json.dumps(told))


@pytest.mark.once
def test_it_ends_alike_with_a_stripe_behind_http(told, settings, tmp_path):
    here, moments = told(TALES["a gift"])
    told.sandbox = Sandbox.start(tmp_path, seed=SEED, still=True)
    settings.STRIPE_PAGE_ORIGINS = [told.sandbox.address]
    try:
        there = told(TALES["a gift"])
    finally:
        told.sandbox.stop()
    assert there == (here, moments)


def test_it_ends_alike_whether_it_is_told_from_the_start_or_goes_on_from_there(told):
    tale, trap = TALES["a cheque, taken back"], Trap("commit", 9, after=True, kills=True)
    ended: list[Told] = []
    told.each(tale, [trap], lambda _, how: ended.append(how))
    assert ended == [{"written": told(tale, trap)[0]}]


def test_it_finds_a_letter_that_is_sent_again_when_nobody_knows_whether_it_left(told, monkeypatch):
    tale, after_the_message = TALES["a cheque, taken back"], Trap("mail", 6, after=True, kills=False)
    undisturbed, _ = told(tale)
    assert what_differs({"written": told(tale, after_the_message)[0]}, tale, undisturbed) == {}
    monkeypatch.setattr(outbox, "ENDS", {})  # whatever was said of it, it waits for another try
    assert LETTERS in what_differs({"written": told(tale, after_the_message)[0]}, tale, undisturbed)
