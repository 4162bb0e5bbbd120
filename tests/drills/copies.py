"""A copy that is made while donors give, a server that is lost, and the way back to books that are Stripe's."""

import tempfile
from pathlib import Path
from threading import Event, Thread
from zipfile import ZipFile

from tests.drills.site import PATIENCE, DrillSite
from tests.running import manage


def come_back(site: DrillSite, empty: Path, env: dict[str, str], gifts: int) -> None:
    """`empty` and `env`: where the copy is restored. Ends with the site running there."""
    workers = [site.start_worker() for _ in range(2)]
    for gift in range(gifts):
        site.give("monthly" if gift % 3 == 1 else "once", 30 + gift)
    copy = _copied_under_load(site)
    known = set(site.intents())
    for frequency, sum_ in (("once", 100), ("once", 101), ("monthly", 102)):
        assert site.give(frequency, sum_), "a donor found no page"
    site.sandbox.refund(payment_intent=sorted(known)[0], amount=500)
    for worker in workers:
        site.kill_worker(worker)
    site.kill_web()
    mailed = dict(site.mail.letters)

    site.move(empty, env)
    manage(site.env, "restore", str(copy))  # not a fork of a process that looked into the database: there is none yet
    site.start_web()
    _assert_inert(site, mailed)

    assert site.wait(site.start("claim_site")) == 0, "claim_site failed"
    assert site.wait(site.start("reconcile", "--full", "--apply")) == 0, "reconcile failed"
    site.settle()
    assert site.wait(site.start("reconcile", "--full", "--apply")) == 0, "reconcile failed"
    state = site.ask("state")
    assert state["wrong"] == [] and state["dead"] == [], (state["wrong"], state["dead"])
    assert state["compared"]["gaps"] == 0 and not any(state["compared"]["found"].values()), state["compared"]
    assert state["paid"] == len(site.intents()), f"{state['paid']} gifts, {len(site.intents())} payments"
    assert site.wait(site.start("audit_ledger")) == 0, "audit_ledger found something"
    twice = [key for key, times in site.mail.letters.items() if times > 1]
    assert not twice, f"mailed twice: {twice}"
    site.say(
        f"   copied while {gifts} donors gave, 3 gifts and a refund came afterwards: {state['paid']} paid gifts, "
        f"{len(site.mail.letters)} letters mailed once each, books agree"
    )


def _copied_under_load(site: DrillSite) -> Path:
    """The file of a copy that was made while donors gave and the workers wrote."""
    folder = Path(tempfile.mkdtemp(prefix="copies-", dir=site.data_dir.parent))
    media = site.data_dir / "media" / "films"
    media.mkdir(parents=True, exist_ok=True)
    (media / "a film.mp4").write_bytes(bytes(5_000_000))
    begun, over = Event(), Event()

    def donors() -> None:
        while not over.is_set():
            if site.give("once", 20):
                begun.set()

    giving = Thread(target=donors)
    giving.start()
    try:
        assert begun.wait(PATIENCE), "no donor came through"
        assert site.wait(site.start("backup", str(folder))) == 0, "backup failed"
    finally:
        over.set()
        giving.join()
    (copy,) = folder.iterdir()
    with ZipFile(copy) as bundle:
        assert "media/films/a film.mp4" in bundle.namelist()
    return copy


def _assert_inert(site: DrillSite, mailed: dict[str, int]) -> None:
    """A fault for the very first call waits for it in vain: Stripe is not asked, nobody is written to, no row comes."""
    site.sandbox.fault("unavailable", count=1)
    before = site.ask("money")
    assert site.wait(site.start("worker", "--once")) == 0
    assert site.wait(site.start("reconcile", "--apply")) != 0, "a copy that nobody claimed compared its books"
    assert not site.open_page(), "a copy that nobody claimed led a donor to a payment page"
    (fault,) = site.sandbox.control("GET", "faults")["api"]
    assert fault["count"] == 1, "a copy that nobody claimed asked Stripe"
    site.sandbox.calm()
    assert site.mail.letters == mailed, "a copy that nobody claimed mailed somebody"
    assert site.ask("money") == before, "a copy that nobody claimed wrote into its books"
