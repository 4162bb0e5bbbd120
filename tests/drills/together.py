"""Two workers and two `reconcile --apply` at once, over the same events."""

from tests.drills.site import DrillSite


def two_of_each(site: DrillSite, gifts: int, apart: int = 0) -> None:
    """Nothing was told yet; then everything at once, by events that come twice and in no order, and by comparing.

    `apart`: seconds by which the clocks of one of each are ahead, and those of the other behind.
    """
    site.sandbox.webhooks(hold=True)
    for gift in range(gifts):
        site.give("monthly" if gift % 3 == 2 else "once", 60 + gift)
    for intent in site.intents()[-gifts::2]:
        site.sandbox.refund(payment_intent=intent, amount=500)
    site.sandbox.foreign_charge(700, "usd")
    comparing = [site.start("reconcile", "--apply", away=away) for away in (apart, -apart)]
    workers = [site.start_worker(away=away) for away in (-apart, apart)]
    how = f", clocks {2 * apart} s apart" if apart else ""
    site.inject(f"two workers and two comparisons at once, events doubled and out of order{how}")
    site.sandbox.webhooks(hold=False, duplicate=0.5, reorder=0.3)
    codes = [site.wait(each) for each in comparing]
    assert codes == [0, 0], f"reconcile ended with {codes}"
    assert all(site.ended(worker) is None for worker in workers), "a worker ended"
    site.settle()
    site.assert_books_agree(all_written_to=False)
    assert site.wait(site.start("reconcile", "--apply")) == 0
    again = site.ask("state")["compared"]
    assert again["gaps"] == 0 and not any(again["found"].values()), again
    site.say("   two reconciles and two workers at once; a third reconcile found nothing to do")
