"""The statements of a year, whose run dies twice: once begun on the server, once in a worker. Each is mailed once."""

from tests.drills.failpoints import STATEMENT
from tests.drills.site import LEASE, LONGEST, DrillSite

(WRITTEN,) = STATEMENT


def killed_twice(site: DrillSite, donors: int) -> None:
    """A third is written when the command dies, two when the worker that goes on and mails meanwhile does."""
    year, third = site.ask("donors_of_a_year", donors), donors // 3
    command = site.start("send_statements", "--year", str(year), "--send", die_at=WRITTEN, nth=third)
    assert site.wait(command) == -9, "the command did not die"
    assert len(site.ask("statements")) == third
    assert site.ask("start_statements", year), "a run that died may be begun again"
    worker = site.start_worker(die_at=WRITTEN, nth=third)
    assert site.wait(worker, LONGEST + donors) == -9, "the worker did not die"
    site.kills += 1
    assert len(site.ask("statements")) == 2 * third
    site.ask("time_passes", LEASE)
    left = donors + 1
    while left:  # one turn of a worker takes so many jobs and no more
        assert site.wait(site.start("worker", "--once"), LONGEST + donors) == 0, "the worker failed"
        before, left = left, donors - sum(state != "waiting" for state in site.ask("statements").values())
        assert left < before, f"{left} statements wait, and no turn of the worker brings them on"
    written, mailed = site.ask("statements"), site.mail.letters
    assert len(written) == donors, f"{len(written)} of {donors} statements were written"
    assert not [mark for mark in written if mailed[mark] > 1], "somebody was mailed twice"
    unsure = [mark for mark, state in written.items() if state == "unsure"]
    states = {*written.values()}
    assert len(unsure) <= site.kills and states <= {"sent", "unsure"}, f"{len(unsure)} unsure, {states}"
    assert all(mailed[mark] == 1 for mark, state in written.items() if state == "sent"), "sent, and never mailed"
    again = site.start("send_statements", "--year", str(year), "--send")
    assert site.wait(again) == 0 and site.wait(site.start("worker", "--once")) == 0
    assert site.ask("statements") == written, "a third run writes nothing"
    once = sum(mailed[mark] for mark in written)
    site.say(f"   killed twice: {donors} statements, {once} mailed once each, {len(unsure)} perhaps sent")
