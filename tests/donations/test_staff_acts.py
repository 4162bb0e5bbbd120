"""What staff do with money after the payment: steer monthly gifts, replay events; and what is forgotten by itself."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.utils import timezone
from wagtail.models import ModelLogEntry

from donations import privacy
from donations.letters import gift_letters, plan_letters
from donations.models import Gift, Plan, Receipt, StripeEvent, months
from donations.monthly import changes
from donations.reconcile import runs
from donations.stripe import client as stripe_client
from donations.stripe import reads
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from foundation.organisation.models import Organisation
from tests.donations.test_events import books
from tests.staff.users import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.once]


@pytest.fixture
def plan(donor, till) -> Plan:
    donor.gave("monthly", "30")
    return Plan.objects.get()


@pytest.mark.parametrize(
    ("buttons", "status", "ends"),
    [
        (["skip"], "paused", False),
        (["skip-three", "resume"], "active", False),
        (["stop"], "paused", True),
        (["stop", "undo-stop"], "active", False),
        (["end"], "ended", False),
        (["look"], "active", False),
    ],
)
def test_it_steers_a_monthly_gift_from_the_panel(plan, buttons, status, ends):
    staff = signed_in("Administrator")
    for button in buttons:
        assert staff.post(f"/admin/plan/inspect/{plan.pk}/{button}/", {"sure": "yes"}).status_code == 302, button
    plan.refresh_from_db()
    assert plan.status == status and bool(plan.cancel_at) == ends


@pytest.mark.parametrize(("button", "pressed", "next_payment"), [
    ("skip", datetime(2030, 12, 28, 19, 7, tzinfo=UTC), "28 February 2031"),
    ("skip", datetime(2031, 2, 27, 11, 55, tzinfo=UTC), "28 March 2031"),
    ("skip-three", datetime(2031, 2, 27, 11, 55, tzinfo=UTC), "28 May 2031"),
])  # fmt: skip
def test_it_skips_as_many_payments_as_it_says_on_whichever_day_it_is_pressed(plan, button, pressed, next_payment):
    """Billed on the 28th at 16:43."""
    first = datetime(2031, 1 if pressed.month == 12 else 2, 28, 16, 43, tzinfo=UTC)
    billed = {"started_at": datetime(2030, 11, 28, 16, 43, tzinfo=UTC), "current_period_end": first}
    Plan.objects.update(**billed)
    with time_machine.travel(pressed, tick=False):
        staff = signed_in("Administrator")
        address = f"/admin/plan/inspect/{plan.pk}/{button}/"
        assert f"taken on {next_payment}" in staff.get(address).content.decode()
        staff.post(address, {"sure": "yes"})
    ends = datetime.fromtimestamp(at_stripe(plan)["pause_collection"]["resumes_at"], UTC)
    Plan.objects.update(**billed, resumes_at=ends)
    row = Plan.objects.get()
    assert gift_letters.day(plan_letters.next_payment(row)) == next_payment
    assert ends - timedelta(days=1) == months.first_after(row, ends - timedelta(days=1)), "a day after the last of them"


def at_stripe(plan: Plan) -> dict:
    return stripe_client.get(stripe_client.v1().subscriptions.retrieve, plan.subscription_id)


def test_it_shows_the_sum_of_all_parts_and_changes_none_of_several(plan):
    """Somebody added a second part in Stripe's dashboard."""
    price = {"currency": "usd", "product": plan.product_id, "recurring": {"interval": "month"}, "unit_amount": 1000}
    wanted = {"items": [{"price_data": price}], "proration_behavior": "none"}
    stripe_client.request(stripe_client.v1().subscriptions.update, plan.subscription_id, wanted)
    changes.refresh(plan)
    assert (plan.total, plan.amount, plan.fee_cover) == (4000, 4000, 0)
    with pytest.raises(changes.CannotError, match="several parts"):
        changes.change_amount(plan, 5000)
    assert [item["price"]["unit_amount"] for item in at_stripe(plan)["items"]["data"]] == [3000, 1000]


def test_it_shows_who_gives_by_two_monthly_gifts(plan, donor, till):
    donor.paid("monthly", "20", email="Ada+again@donor.example")
    others = Plan.objects.exclude(pk=plan.pk)
    till.tell()
    Plan.objects.update(supporter=plan.supporter)
    other, staff = others.get(), signed_in("Administrator")
    assert set(Plan.objects.of_several()) == {plan, other}
    assert "1 person gives by several monthly or yearly gifts" in staff.get("/admin/").content.decode()
    for several, ours in (("true", True), ("false", False)):
        rows = staff.get(f"/admin/plan/?several={several}").content.decode()
        assert (plan.subscription_id in rows) is (other.subscription_id in rows) is ours
    changes.stop(other)
    assert not Plan.objects.of_several().exists()


def test_it_says_in_the_receipt_of_a_second_monthly_gift_that_there_is_a_first(plan, donor, till):
    donor.gave("monthly", "20")
    first, second = Letter.objects.filter(template="receipt_monthly").order_by("id")
    assert "Beside this one" not in first.text and "you give $30.00 USD every month" in second.text


def test_it_changes_nothing_by_looking_at_an_address(plan):
    staff = signed_in("Administrator")
    assert staff.get(f"/admin/plan/inspect/{plan.pk}/look/").status_code == 405
    assert staff.get(f"/admin/plan/inspect/{plan.pk}/end/").status_code == 200  # a page that asks
    assert Plan.objects.get().status == "active"


@pytest.mark.parametrize(
    ("button", "status", "template"),
    [("skip", "paused", "plan_paused"), ("stop", "paused", "plan_stopped"), ("end", "ended", "plan_ended")],
)
def test_it_asks_with_name_and_sum_then_tells_the_donor_and_says_who_did_it(plan, button, status, template):
    type(plan.supporter).objects.update(name="Ada Lovelace")
    staff = signed_in("Donor care")
    address = f"/admin/plan/inspect/{plan.pk}/{button}/"
    question = staff.post(address).content.decode()
    assert "Ada Lovelace" in question and "$30.00 USD" in question and Plan.objects.get().status == "active"
    page = staff.post(address, {"sure": "yes"}, follow=True).content.decode()
    assert Plan.objects.get().status == status and Letter.objects.get(template=template).to == "ada@donor.example"
    assert re.search(r"Done by staff.*\d{4}, \d\d:\d\d \w+, donor-care@example.org", page, re.S)
    assert ("stopped, ends on" in page) == (button == "stop")


def test_it_lets_nobody_steer_without_the_permission(plan):
    signed_in("Finance").post(f"/admin/plan/inspect/{plan.pk}/end/", {"sure": "yes"})
    assert Plan.objects.get().status == "active"


def test_it_says_so_when_stripe_does_not_answer(plan, till):
    till.fault("unavailable", count=9)
    staff = signed_in("Administrator")
    page = staff.post(f"/admin/plan/inspect/{plan.pk}/end/", {"sure": "yes"}, follow=True).content.decode()
    assert "Nothing was changed" in page and Plan.objects.get().status == "active"


@pytest.mark.parametrize(("kind", "why"), [("unavailable", "No answer from Stripe"), ("forbidden", "our key")])
def test_it_shows_a_stop_that_failed_as_a_failure(plan, till, kind, why):
    till.fault(kind, count=9)
    staff = signed_in("Donor care")
    answer = staff.post(f"/admin/plan/inspect/{plan.pk}/stop/", {"sure": "yes"}, follow=True)
    (message,) = answer.context["messages"]
    assert message.level_tag == "error" and "Nothing was changed" in str(message) and why in str(message)
    assert "Nothing was changed" in staff.get(f"/admin/plan/inspect/{plan.pk}/").context["done"][0].data["sentence"]
    assert Plan.objects.get().cancel_at is None
    till.calm()
    answer = staff.post(f"/admin/plan/inspect/{plan.pk}/stop/", {"sure": "yes"}, follow=True)
    assert [message.level_tag for message in answer.context["messages"]] == ["success"]
    assert Plan.objects.get().cancel_at


@pytest.mark.both
def test_it_replays_an_event_and_writes_nothing_twice(plan, till):
    before = books()
    event = StripeEvent.objects.get(type="invoice.paid")
    answer = signed_in("Administrator").post(f"/admin/stripeevent/inspect/{event.pk}/replay/")
    assert answer.status_code == 302 and run_due() >= 1
    assert books() == before


@pytest.mark.both
def test_it_reduces_an_event_after_ninety_days_and_can_still_replay_it(donor, till):
    donor.gave("once", "25")
    event = StripeEvent.objects.get(type="checkout.session.completed")
    privacy.old_events()
    event.refresh_from_db()
    assert "ada@donor.example" in event.payload
    StripeEvent.objects.filter(pk=event.pk).update(received_at=timezone.now() - timedelta(days=91))
    privacy.old_events()
    privacy.old_events()
    event.refresh_from_db()
    assert "ada@donor.example" not in event.payload
    assert set(json.loads(event.payload)) == {"reduced", "id", "type", "object", "sha256"}
    signed_in("Administrator").post(f"/admin/stripeevent/inspect/{event.pk}/replay/")
    run_due()
    event.refresh_from_db()
    assert event.state == "done"


# --- Forms, letters and the log -----------------------------------------------------------------------------


def act(plan: Plan, name: str, role: str = "Donor care", **fields: str):
    """One who is sure."""
    return signed_in(role).post(f"/admin/plan/inspect/{plan.pk}/{name}/", {"sure": "yes", **fields})


def price(plan: Plan) -> dict:
    return stripe_client.get(stripe_client.v1().subscriptions.retrieve, plan.subscription_id)["items"]["data"]


def test_it_changes_the_amount_after_asking_once_more(plan):
    (before,) = price(plan)
    staff = signed_in("Donor care")
    address = f"/admin/plan/inspect/{plan.pk}/amount/"
    assert 'value="30"' in staff.get(address).content.decode()
    question = staff.post(address, {"total": "45"})
    assert question.status_code == 200 and "$45.00 USD instead of $30.00 USD" in question.content.decode()
    assert price(plan)[0]["price"]["unit_amount"] == 3000
    assert staff.post(address, {"total": "45", "sure": "yes"}).status_code == 302
    (after,) = price(plan)
    assert (after["id"], after["price"]["product"]) == (before["id"], before["price"]["product"])
    assert after["price"]["unit_amount"] == 4500 and Plan.objects.get().total == 4500
    letter = Letter.objects.get(template="plan_changed")
    assert "$45.00 USD" in letter.text and "$30.00 USD" in letter.text
    line = ModelLogEntry.objects.get(action="staff.action")
    assert line.user.email == "donor-care@example.org" and "Now $45.00 USD every month." in line.message


def test_it_takes_no_amount_that_makes_no_sense_even_when_sure(plan):
    for total in ("", "0", "-5", "1", "30", "30.00", "99999999", "ten", "10,5,5"):
        answer = act(plan, "amount", total=total, sure="yes")
        assert answer.status_code == 422 and "error" in answer.content.decode(), total
        assert price(plan)[0]["price"]["unit_amount"] == 3000, total
    assert not Letter.objects.filter(template="plan_changed").exists()


def test_it_leaves_out_as_many_payments_as_staff_choose(plan):
    rest = months.rests(plan)[1]
    assert act(plan, "pause", until=str(int(rest.until.timestamp()))).status_code == 302
    plan.refresh_from_db()
    assert (plan.status, int(plan.resumes_at.timestamp())) == ("paused", int(rest.until.timestamp()))
    assert "paused until" in plan.status_text() and Letter.objects.get(template="plan_paused")
    act(plan, "resume", "Administrator")
    assert Plan.objects.get().status == "active" and Letter.objects.get(template="plan_resumed")


def test_it_pauses_until_no_moment_that_was_not_offered(plan):
    for until in ("", "0", "soon", "2027-04-23", "4102444800"):
        assert act(plan, "pause", until=until).status_code == 422, until
        assert Plan.objects.get().status == "active", until


def test_it_lets_only_donor_care_and_administrators_steer(plan):
    for role in ("Finance", "Editor"):
        staff = signed_in(role)
        for action in ("amount", "pause", "end", "stop", "mail-card-link"):
            address = f"/admin/plan/inspect/{plan.pk}/{action}/"
            sent = {"total": "45", "until": "2027-01-01", "sure": "yes"}
            for answer in (staff.get(address), staff.post(address, sent)):
                refused = answer.status_code in (302, 403, 405) and "inspect" not in answer.get("Location", "")
                assert refused, f"{role}: {action}"
            assert Plan.objects.get().status == "active" and Plan.objects.get().total == 3000, f"{role}: {action}"
            assert not ModelLogEntry.objects.filter(action="staff.action").exists(), f"{role}: {action}"


def test_it_asks_before_it_ends_a_gift_for_ever(plan):
    page = signed_in("Donor care").get(f"/admin/plan/inspect/{plan.pk}/end/")
    assert page.status_code == 200 and "cannot be undone" in page.content.decode()
    assert Plan.objects.get().status == "active"


@pytest.mark.both
def test_it_writes_one_letter_for_a_stop_and_one_for_its_undoing(plan, till):
    act(plan, "stop")
    till.tell()
    till.tell([{**event, "id": event["id"] + "Twin"} for event in till.events()])
    assert (
        Letter.objects.filter(template__startswith="plan_").values_list("template", flat=True).get() == "plan_stopped"
    )
    act(plan, "undo-stop", "Administrator")
    till.tell()
    kinds = Letter.objects.filter(template__startswith="plan_").order_by("id").values_list("template", flat=True)
    assert list(kinds) == ["plan_stopped", "plan_resumed"]


def test_it_writes_nothing_of_a_second_letter_when_a_stopped_gift_ends(plan):
    act(plan, "stop")
    act(plan, "end", "Administrator")
    assert not Letter.objects.filter(template="plan_ended").exists()


@pytest.mark.parametrize("how", [{"cancel_at_period_end": True}, {"cancel_at": "min_period_end"}], ids=str)
def test_it_shows_an_end_that_was_set_elsewhere_and_takes_it_back(plan, till, how):
    stripe_client.request(stripe_client.v1().subscriptions.update, plan.subscription_id, how)
    till.tell()
    plan.refresh_from_db()
    staff = signed_in("Donor care")
    page = staff.get(f"/admin/plan/inspect/{plan.pk}/").content.decode()
    with timezone.override(Organisation.load().zone):  # as the panel dates it; UTC may be a day further
        assert plan.status_text() in page and "active, ends on" in page
    assert "Undo the stop" in page and "Stop: take nothing more" in page and Letter.objects.get(template="plan_ending")
    staff.post(f"/admin/plan/inspect/{plan.pk}/undo-stop/")
    plan.refresh_from_db()
    assert plan.cancel_at is None and not reads.subscription(plan.subscription_id).cancel_at


def test_it_lets_staff_stop_at_once_what_was_set_to_end_later(plan, till):
    stripe_client.request(stripe_client.v1().subscriptions.update, plan.subscription_id, {"cancel_at_period_end": True})
    till.tell()
    act(plan, "stop")
    plan.refresh_from_db()
    assert plan.status == "paused" and plan.cancel_at < timezone.now() + timedelta(days=8)


def test_it_mails_the_donor_a_link_for_the_card_once_for_a_double_click(plan, client):
    staff = signed_in("Donor care")
    for _ in range(2):
        assert staff.post(f"/admin/plan/inspect/{plan.pk}/mail-card-link/").status_code == 302
    letter = Letter.objects.get(template="card_link")
    (path,) = set(re.findall(r"/give/card/[^/\s]+/", letter.text))
    assert letter.to == "ada@donor.example" and client.get(path).status_code == 200


def test_it_sends_by_hand_what_a_repair_mailed_to_nobody(donor, till):
    donor.paid("once", "25")
    runs.run(apply=True)
    document = Receipt.objects.get()
    assert not Letter.objects.exists()
    staff = signed_in("Donor care")
    assert staff.post(f"/admin/receipt/inspect/{document.pk}/send/").status_code == 302
    assert (
        Letter.objects.get().key == f"receipt:{document.gift.reference}" and document.label in Letter.objects.get().text
    )
    till.tell()  # the events come after all: nobody gets a second one
    assert Letter.objects.filter(template="receipt").count() == 1
    assert ModelLogEntry.objects.filter(action="staff.action").count() == 1


def test_it_sends_only_the_receipt_that_holds(donor, till):
    donor.paid("once", "25")
    runs.run(apply=True)
    till.refund(Gift.objects.get().payment_intent_id, amount=600)
    runs.run(apply=True)
    first, second = Receipt.objects.order_by("id")
    staff = signed_in("Finance")
    staff.post(f"/admin/receipt/inspect/{first.pk}/send/")
    assert not Letter.objects.exists()
    staff.post(f"/admin/receipt/inspect/{second.pk}/send/")
    letter = Letter.objects.get()
    assert letter.template == "receipt_corrected" and first.label in letter.text and second.label in letter.subject


def test_it_lets_no_editor_send_a_receipt(donor, till):
    donor.paid("once", "25")
    runs.run(apply=True)
    signed_in("Editor").post(f"/admin/receipt/inspect/{Receipt.objects.get().pk}/send/")
    assert not Letter.objects.exists()
