"""What Stripe refuses: what we remembered is mended, only the amount is called the amount, and staff are told once."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone, translation

from donations.letters import plan_letters
from donations.models import Currency, Gift, Plan, StripeSetup, StripeTrouble, months
from donations.monthly import changes
from donations.panel.dashboard import MoneyPanel
from donations.stripe import account, answers, client, orders, reads, troubles, writes
from donations.stripe.errors import StripeRefusedError
from donations.webhooks import events
from foundation.jobs.queue import run_due
from foundation.letters.models import Letter
from tests.donations.test_my_page import at_stripe, mine, plan, press  # noqa: F401 - fixtures
from tests.donations.test_refunds import balanced
from tests.narrowing import not_none
from tests.staff.users import member, signed_in

pytestmark = pytest.mark.django_db
NOTICES = {"template": "staff_notice", "key__startswith": "stripe-trouble:"}
ANOTHER = "another amount"


def trouble() -> StripeTrouble:
    return StripeTrouble.objects.get()


def told() -> int:
    return Letter.objects.filter(**NOTICES).count()


def refused_calls() -> int:
    """What the front page of the panel counts."""
    figures = MoneyPanel().get_context_data({})["figures"]
    return next(number for label, number, _url in figures if label == "calls that Stripe refused")


def page_at(plan: Plan) -> str:  # noqa: F811
    return writes.card_page(plan.customer_id, "https://charity.example/back/")


@pytest.mark.parametrize("frequency", ["once", "monthly"])
def test_it_puts_an_archived_product_up_again_and_tells_staff_once(donor, till, frequency):
    member("Finance"), member("Donor care")
    donor.give(frequency, "30")
    product = f"road_out_gift_{frequency}"
    for amount in ("31", "32"):
        client.request(client.v1().products.update, product, {"active": False})
        donor.gave(frequency, amount, email=f"grace{amount}@donor.example")
    assert Gift.objects.paid().count() == 2 and balanced(till)
    assert (trouble().what, trouble().times, trouble().mended) == (f"product {product}", 2, True)
    assert told() == refused_calls() == 1
    assert Letter.objects.get(**NOTICES).to == "finance@example.org"


def test_it_makes_the_product_that_somebody_deleted(donor, till):
    donor.give("once", "25")
    StripeSetup.objects.update(product_once="prod_deleted_one")
    for amount in ("25", "50", "26"):
        donor.gave("once", amount, email=f"grace{amount}@donor.example")
    assert Gift.objects.paid().count() == 3 and balanced(till)


def test_it_gives_the_product_another_id_where_the_deleted_one_stays_taken(donor, till, monkeypatch):
    """Nobody has said that Stripe gives an id a second time."""
    account.set_up(events.HANDLERS)
    client.request(client.v1().products.delete, "road_out_gift_once")
    create = client.v1().products.create

    def taken(params, *more):
        if "id" in params:
            raise StripeRefusedError("Product already exists.", "resource_already_exists", "id")
        return create(params, *more)

    monkeypatch.setattr(type(client.v1().products), "create", lambda self, *args: taken(*args))
    donor.gave("once", "31")
    assert Gift.objects.get().is_paid and StripeSetup.objects.get().product_once.startswith("prod_")


@pytest.mark.parametrize(
    "away", [timedelta(minutes=-11), timedelta(hours=24), timedelta(hours=-24), timedelta(days=40)]
)
def test_it_goes_by_stripes_clock_when_its_own_is_wrong(donor, till, away):
    member("Finance")
    client.account()
    with time_machine.travel(timezone.now() + away):
        for amount in ("25", "26"):
            assert donor.give("once", amount, email=f"ada{amount}@donor.example").status_code == 303
        assert (told(), trouble().times, trouble().mended) == (1, 2, True)
        assert "clock" in trouble().said and ("behind" if away < timedelta(0) else "ahead") in trouble().said
    page = reads.checkout_session(not_none(Gift.objects.latest("pk").session_id))
    till.pay(page.url)
    till.tell()
    assert Gift.objects.paid().count() == 1


@pytest.mark.parametrize(("minutes", "where"), [(11, "ahead of"), (-11, "behind")])
def test_it_tells_staff_of_its_clock_when_it_refuses_stripes_events_for_their_time(donor, till, minutes, where):
    """Ahead of Stripe's nothing else tells of it: payment pages are made, and only the events stay out."""
    member("Finance")
    donor.paid("once", "25")
    right = int(timezone.now().timestamp())
    with time_machine.travel(timezone.now() + timedelta(minutes=minutes)):
        for event in till.events():
            assert till.post(event, at=right).status_code == 400
        run_due()
        assert trouble().what == "the server's clock" and f"11 minutes {where}" in trouble().said and told() == 1
    assert till.post(till.events()[0]).status_code == 200


def test_it_tells_nobody_of_events_that_somebody_sends_again_later(donor, till):
    donor.paid("once", "25")
    for event in till.events():
        assert till.post(event, at=int(timezone.now().timestamp()) - 660).status_code == 400
    assert run_due() == 1 and not StripeTrouble.objects.exists()


def test_it_mends_two_things_that_are_wrong_at_once(donor, till):
    donor.give("once", "25")
    client.request(client.v1().products.update, "road_out_gift_once", {"active": False})
    with time_machine.travel(timezone.now() - timedelta(minutes=11)):
        assert donor.give("once", "26").status_code == 303
    assert StripeTrouble.objects.filter(mended=True).count() == 2


def test_it_shows_staff_what_was_refused_until_one_of_them_says_that_it_is_put_right(donor, till):
    finance = signed_in("Finance")
    troubles.clock(timezone.now() + timedelta(minutes=11))
    assert "11 minutes behind" in finance.get("/admin/stripetrouble/").content.decode()
    assert refused_calls() == 1
    assert finance.post(f"/admin/stripetrouble/inspect/{trouble().pk}/settled/").status_code == 302
    assert refused_calls() == 0 and trouble().settled_at


def test_it_keeps_the_page_of_a_gift_that_was_begun_by_a_wrong_clock(donor, till):
    client.account()
    with time_machine.travel(timezone.now() - timedelta(minutes=11)):
        fields = donor.wish("once", "25")
        first, again = donor.send(fields), donor.send(fields)
    assert first["Location"] == again["Location"]
    assert len(list(client.each(client.v1().checkout.sessions.list, {}))) == 1


def test_it_notices_no_clock_that_is_a_minute_off(donor, till):
    client.account()
    with time_machine.travel(timezone.now() - timedelta(minutes=1)):
        assert donor.give("once", "25").status_code == 303
    assert not StripeTrouble.objects.exists()


def test_it_speaks_of_the_amount_where_that_is_refused(donor, till):
    member("Finance")
    Currency.objects.filter(code="USD").update(minimum=10)
    answer = donor.give("once", "0.20")
    assert answer.status_code == 200 and ANOTHER in answer.content.decode()
    assert "amount_too_small" in trouble().what and told() == 1, "our own limit is below Stripe's"


def test_it_speaks_of_the_address_where_that_is_refused_and_calls_nobody(donor, till, monkeypatch):
    params = orders.params
    monkeypatch.setattr(orders, "params", lambda order: {**params(order), "customer_email": "ada at example"})
    answer = donor.give("once", "25")
    text = answer.content.decode()
    assert answer.status_code == 200 and "Stripe does not take this address" in text and ANOTHER not in text
    assert not StripeTrouble.objects.exists()


@pytest.mark.parametrize("language", ["en", "es"])
def test_it_says_that_the_fault_is_ours_for_any_other_refusal_and_tells_staff_once(donor, till, monkeypatch, language):
    member("Finance"), member("Editor")
    params = orders.params
    monkeypatch.setattr(orders, "params", lambda order: {**params(order), "payment_method_types": ["card"]})
    with translation.override(language):
        answers = [donor.give("once", amount) for amount in ("25", "50", "75")]
    for answer in answers:
        text = answer.content.decode()
        assert answer.status_code == 503 and answer["Retry-After"] == "60" and ANOTHER not in text
        assert "This is our fault" in text and "Nothing was charged." in text and 'value="ada@donor.example"' in text
    assert trouble().what == "gift: parameter_unknown payment_method_types" and trouble().times == 3
    assert not trouble().mended and told() == refused_calls() == 1
    assert "ada@" not in Letter.objects.get(**NOTICES).text


def test_it_tells_staff_again_when_a_refusal_comes_back_after_it_was_settled_or_quiet(db):
    member("Finance")
    error = StripeRefusedError("No method of payment.", "", "")
    with time_machine.travel(timezone.now(), tick=False) as clock:
        answers.say(error, "gift", "")
        StripeTrouble.objects.update(settled_at=timezone.now())
        answers.say(error, "gift", "")
        answers.say(error, "gift", "")
        assert told() == 2 and trouble().settled_at is None
        clock.shift(troubles.QUIET + timedelta(minutes=1))
        answers.say(error, "gift", "")
        assert told() == 3 and trouble().times == 1
    answers.say(error, "monthly gift", "")
    assert StripeTrouble.objects.count() == 2 and told() == 4


@pytest.mark.parametrize(("fault", "key"), [("forbidden", ""), ("", "sk_test_x")])
def test_it_says_that_the_fault_is_ours_when_the_key_does_not_do_and_tells_staff_once(
    donor, till, settings, fault, key
):
    """Revoked, or without a right: nobody mends that in a minute."""
    member("Finance")
    if fault:
        client.account()
        till.fault(fault, path="/v1/checkout/sessions", method="POST")
    else:
        settings.STRIPE_SECRET_KEY = key
    for amount in ("25", "26"):
        answer = donor.give("once", amount)
        assert answer.status_code == 503 and "This is our fault" in answer.content.decode()
    assert trouble().what == "gift: the key" and trouble().times == 2 and told() == 1


def test_it_asks_anew_when_the_key_was_used_with_other_parameters(donor, till, settings, monkeypatch):
    """The site's address changed between a call whose answer was lost and the next one."""
    client.account()
    till.fault("reset_after", path="/v1/checkout/sessions", method="POST")
    fields = donor.wish("once", "25")
    donor.send(fields)
    till.calm()
    Gift.objects.update(session_failed=False)  # as if the process had died before it wrote this down
    settings.BASE_URL = "http://localhost:8123"
    assert donor.send(fields).status_code == 303
    assert len(list(client.each(client.v1().checkout.sessions.list, {}))) == 1, "what the first call made is found"


def test_it_makes_a_new_page_where_the_old_one_is_another_accounts(donor, till):
    fields = donor.wish("once", "25")
    donor.send(fields)
    Gift.objects.update(session_id="cs_test_of_the_account_before")
    donor.pay(donor.send(fields))
    till.tell()
    assert Gift.objects.get().is_paid


@pytest.mark.parametrize("how", ["archived", "without its feature", "of another account", "never made"])
def test_it_opens_the_page_for_the_card_whatever_became_of_its_configuration(plan, till, how):  # noqa: F811
    account.set_up(events.HANDLERS)
    member("Finance")
    calls, known = client.v1().billing_portal.configurations, StripeSetup.objects.get().portal
    if how == "archived":
        client.request(calls.update, known, {"active": False})
    elif how == "without its feature":
        client.request(calls.update, known, {"features": {"payment_method_update": {"enabled": False}}})
    else:
        StripeSetup.objects.update(portal="bpc_of_another" if how == "of another account" else "")
    assert "/p/session/" in page_at(plan) and "/p/session/" in page_at(plan)
    assert StripeTrouble.objects.count() == told() == int(how != "never made")
    portal = StripeSetup.objects.get().portal
    assert (portal == known) == (how != "archived")


def test_it_makes_the_configuration_that_nobody_set_up(plan, till):  # noqa: F811
    assert StripeSetup.objects.get().portal == ""
    assert "/p/session/" in page_at(plan)
    assert client.request(client.v1().billing_portal.configurations.retrieve, StripeSetup.objects.get().portal)[
        "active"
    ]


def test_it_says_that_a_monthly_gift_is_over_when_its_customer_was_deleted(mine, plan, till):  # noqa: F811
    client.request(client.v1().customers.delete, plan.customer_id)
    answer = mine.post(f"/my/gifts/{plan.pk}/card/")
    assert answer.status_code == 409 and "cannot reach Stripe" not in answer.content.decode()
    plan.refresh_from_db()
    assert plan.status == "ended" and not StripeTrouble.objects.exists()


@pytest.mark.parametrize("does", ["skip", "stop"])
def test_it_shows_how_a_monthly_gift_stands_that_was_ended_at_stripe_meanwhile(mine, plan, till, does):  # noqa: F811
    client.request(client.v1().subscriptions.cancel, plan.subscription_id)
    answer = press(mine, plan, does)
    text = answer.content.decode()
    assert answer.status_code == 409 and "not possible now" in text and "cannot reach Stripe" not in text
    plan.refresh_from_db()
    assert plan.status == "ended" and not StripeTrouble.objects.exists()


@pytest.mark.parametrize("does", ["amount", "pause", "skip", "stop", "end"])
def test_it_shows_staff_how_a_monthly_gift_stands_whose_customer_was_deleted(plan, till, does):  # noqa: F811
    staff, address = signed_in("Donor care"), f"/admin/plan/inspect/{plan.pk}/{does}/"
    rests = {"until": str(int(months.rests(plan)[0].until.timestamp()))}
    client.request(client.v1().customers.delete, plan.customer_id)
    filled = {"amount": {"total": "44"}, "pause": rests}.get(does, {})
    answer = staff.post(address, {**filled, "sure": "yes"}, follow=True)
    (message,) = answer.context["messages"]
    assert message.level_tag == "error" and "Here is how it stands" in str(message)
    plan.refresh_from_db()
    assert plan.status == "ended" and not StripeTrouble.objects.exists()


def test_it_notes_what_stripe_refuses_of_staff_too(plan, till, monkeypatch):  # noqa: F811
    member("Finance")
    monkeypatch.setattr(writes, "NOT_AUTO_PAUSED", {"unknown": "x"})
    staff = signed_in("Donor care")
    answer = staff.post(f"/admin/plan/inspect/{plan.pk}/skip/", {"sure": "yes"}, follow=True)
    assert "Received unknown parameter" in str(next(iter(answer.context["messages"])))
    assert trouble().what == "monthly gift: parameter_unknown unknown" and told() == 1


def test_it_says_that_the_fault_is_ours_on_my_page_too(mine, plan, till, monkeypatch):  # noqa: F811
    member("Finance")
    monkeypatch.setattr(writes, "NOT_AUTO_PAUSED", {"unknown": "x"})
    text = press(mine, plan, "skip").content.decode()
    assert "This is our fault" in text and "Nothing was changed." in text
    assert trouble().what == "monthly gift: parameter_unknown unknown" and told() == 1


def test_it_says_so_behind_the_mailed_link_for_the_card(plan, till, monkeypatch):  # noqa: F811
    member("Finance")
    token = plan_letters.card_link(plan).text.split("/give/card/")[1].split()[0]
    monkeypatch.setattr("donations.stripe.portal.configure", lambda: "bpc_nothing")
    text = Client().post(f"/give/card/{token}").content.decode()
    assert "This is our fault" in text and "Nothing was changed." in text and told() == 1


@pytest.mark.parametrize(("code", "param"), [("amount_too_large", ""), ("", "line_items[0][price_data][unit_amount]")])
def test_it_speaks_of_the_amount_wherever_that_is_refused(db, code, param):
    error = StripeRefusedError("No.", code, param)
    assert answers.say(error, "monthly gift", "Nothing was changed.").startswith("Stripe does not take this amount.")
    assert "our fault" in answers.say(StripeRefusedError("No.", "", "currency"), "gift", "")


def test_it_changes_the_amount_though_the_product_was_archived_and_tells_staff(plan, till):  # noqa: F811
    member("Finance")
    client.request(client.v1().products.update, "road_out_gift_monthly", {"active": False})
    assert changes.change_amount(plan, 4500).total == 4500 and told() == 1
    assert at_stripe(Plan.objects.get())["items"]["data"][0]["price"]["unit_amount"] == 4500
