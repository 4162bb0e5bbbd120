"""A funder's match: what is promised is kept, and the cap holds, whatever happens in whatever order."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections, transaction
from django.test import Client
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from donations.books import audit
from donations.campaigns import matching, progress
from donations.giving import starter
from donations.letters import audience
from donations.models import Campaign, Currency, Gift, LedgerEntry, MatchReservation
from donations.sync import from_stripe
from supporters import privacy_registry
from supporters.models import Supporter
from tests.donations import appeal
from tests.donations.donor import Donor
from tests.foundation.crowd import is_held_up, together
from tests.narrowing import not_none
from tests.staff.users import signed_in
from tests.supporters.test_privacy import where
from tests.waiting import wait_for

CAP = 10_000


@pytest.mark.django_db
class TestOneGift:
    @pytest.fixture(autouse=True)
    def charity_(self, charity):
        pass

    def test_it_holds_as_much_again_as_is_given_without_the_fee_cover(self):
        gift = appeal.begun(appeal.matched(), 2500, cover=106)
        assert matching.reserve(gift) == matching.reserve(gift) == 2500
        assert MatchReservation.objects.get().state == "reserved"

    def test_it_holds_what_is_left_and_then_nothing(self):
        campaign = appeal.matched(cap=4000)
        held = [matching.reserve(appeal.begun(campaign, 2500)) for _ in range(3)]
        assert held == [2500, 1500, 0]
        assert progress.of(campaign).match_state == "held"

    def test_it_lets_go_of_what_is_not_paid_and_keeps_what_is(self):
        campaign = appeal.matched(cap=2500)
        gift, second = appeal.begun(campaign), appeal.begun(campaign)
        matching.reserve(gift)
        matching.release(gift)
        assert matching.reserve(second) == 2500
        appeal.arrived(second)
        matching.follow(second)
        matching.release(second)
        assert progress.of(campaign).match_state == "used"
        assert (progress.of(campaign).matched, progress.of(campaign).raised) == (2500, 2500)

    def test_it_gives_back_what_a_refund_takes_and_matches_the_next(self):
        campaign = appeal.matched(cap=2500)
        gift = appeal.begun(campaign, 2500, cover=100)
        matching.reserve(gift)
        appeal.arrived(gift)
        matching.follow(gift)
        appeal.book(gift, "refund", -1300, -50)
        matching.follow(gift)
        assert progress.of(campaign).matched == 1250
        assert matching.reserve(appeal.begun(campaign, 5000)) == 1250

    def test_it_matches_again_what_is_still_free_when_a_dispute_is_won(self):
        campaign = appeal.matched(cap=2500)
        gift = appeal.begun(campaign)
        matching.reserve(gift)
        appeal.arrived(gift)
        appeal.book(gift, "dispute", -2500)
        matching.follow(gift)
        assert matching.reserve(appeal.begun(campaign, 1000)) == 1000
        appeal.book(gift, "dispute_reversal", 2500)
        matching.follow(gift)
        assert MatchReservation.objects.get(gift=gift).amount == 1500

    def test_it_moves_the_match_when_the_same_form_is_sent_with_another_sum(self):
        campaign = appeal.matched(cap=3000)
        first, second = (appeal.begun(campaign, sum, attempt="one-form") for sum in (2500, 3000))
        assert [matching.reserve(first), matching.reserve(second)] == [2500, 3000]
        assert MatchReservation.objects.get(gift=first).amount == 0

    def test_it_matches_nothing_without_a_funder_or_in_another_currency(self):
        assert matching.reserve(appeal.begun(appeal.make())) == 0
        gift = appeal.begun(appeal.matched(slug="other"))
        Gift.objects.filter(pk=gift.pk).update(currency="EUR")
        gift.refresh_from_db()
        assert matching.reserve(gift) == 0 and not MatchReservation.objects.exists()

    def test_it_stays_within_a_cap_that_staff_lowered(self):
        campaign = appeal.matched(cap=5000)
        matching.reserve(appeal.begun(campaign, 4000))
        Campaign.objects.update(match_cap=3000)
        assert matching.reserve(appeal.begun(campaign, 100)) == 0


class Funder(RuleBasedStateMachine):
    """Gifts are begun, paid, left, refunded and disputed in any order; amounts in cents."""

    @initialize()
    def open(self) -> None:
        self.rows = transaction.atomic()
        self.rows.__enter__()
        starter.load()
        self.campaign = appeal.matched(CAP)
        self.gifts: list[Gift] = []
        self.promises: dict[int, int] = {}

    @rule(amount=st.integers(1, 7000), cover=st.sampled_from([0, 1, 333]))
    def begin(self, amount: int, cover: int) -> None:
        gift = appeal.begun(self.campaign, amount, cover)
        self.gifts.append(gift)
        self.promises[gift.pk] = matching.reserve(gift)

    @precondition(lambda self: self.gifts)
    @rule(data=st.data())
    def pay(self, data) -> None:
        gift = data.draw(st.sampled_from(self.gifts))
        if not LedgerEntry.objects.filter(gift=gift).exists():
            appeal.arrived(gift)
        matching.follow(gift)

    @precondition(lambda self: self.gifts)
    @rule(data=st.data())
    def leave(self, data) -> None:
        gift = data.draw(st.sampled_from(self.gifts))
        matching.release(gift)
        if not LedgerEntry.objects.filter(gift=gift).exists():
            self.promises.pop(gift.pk, None)

    @precondition(lambda self: self.gifts)
    @rule(data=st.data(), share=st.integers(1, 100))
    def give_back(self, data, share: int) -> None:
        gift = data.draw(st.sampled_from(self.gifts))
        kept, cover = LedgerEntry.objects.kept(gift)
        if kept:
            back = max(1, kept * share // 100)
            appeal.book(gift, "refund", -back, -(cover * back // kept))
            matching.follow(gift)
            self.promises.pop(gift.pk, None)

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "campaign"):
            return
        assert MatchReservation.objects.taken(self.campaign) <= CAP
        for match in MatchReservation.objects.select_related("gift"):
            total, cover = LedgerEntry.objects.kept(match.gift)
            assert match.amount <= match.promised <= match.gift.amount
            if match.state == "settled":
                assert 0 < match.amount <= total - cover
        for gift, promise in self.promises.items():
            assert sum(MatchReservation.objects.filter(gift=gift).values_list("amount", flat=True)) >= promise

    def teardown(self) -> None:
        if hasattr(self, "rows"):
            transaction.set_rollback(True)
            self.rows.__exit__(None, None, None)


@pytest.mark.once
@pytest.mark.django_db
def test_it_keeps_promises_and_cap_in_any_order():
    examples = settings().max_examples // 8  # a dozen; by night more than a hundred
    effort = settings(max_examples=examples, stateful_step_count=20, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Funder, settings=effort)


@pytest.mark.django_db(transaction=True)
def test_it_never_promises_more_than_the_cap_to_a_crowd():
    starter.load()
    campaign = appeal.matched(CAP)
    gifts = [appeal.begun(campaign, 700) for _ in range(64)]
    held = together(64, lambda number: matching.reserve(gifts[number]))
    assert sum(held) == CAP == MatchReservation.objects.taken(campaign)
    assert sorted(held) == [0] * 49 + [200] + [700] * 14


@pytest.mark.django_db(transaction=True)
def test_it_keeps_its_books_while_a_crowd_begins_pays_leaves_and_is_refunded():
    starter.load()
    campaign = appeal.matched(CAP)
    gifts = [appeal.begun(campaign, 900) for _ in range(64)]

    def live(number: int) -> int:
        gift = gifts[number]
        held = matching.reserve(gift)
        if number % 3:
            matching.release(gift)
            held = matching.reserve(gift)
        if number % 2:
            appeal.arrived(gift)
            matching.follow(gift)
            if number % 8 != 7:
                return held
            appeal.book(gift, "refund", -900)
            matching.follow(gift)
        else:
            matching.release(gift)
        return 0

    promised = together(64, live)
    used = MatchReservation.objects.used(campaign)
    assert MatchReservation.objects.taken(campaign) == used <= CAP
    assert not MatchReservation.objects.filter(state="reserved").exists()
    for gift, least in zip(gifts, promised, strict=True):
        assert sum(MatchReservation.objects.filter(gift=gift).values_list("amount", flat=True)) >= least
    # Who paid while others held the rest was promised nothing; what those others let go is there for the next.
    assert matching.reserve(appeal.begun(campaign, CAP)) == CAP - used


@pytest.mark.postgres  # one who writes waits for another; a file takes them one after another anyway
@pytest.mark.django_db(transaction=True)
def test_it_refuses_a_cap_below_what_a_gift_reserves_at_the_same_moment():
    starter.load()
    campaign, editor = appeal.matched(CAP), signed_in("Editor")
    address, fields = appeal.edit_address(campaign), appeal.written(match_funder="The Lantern Trust", cap_sum="10")

    def lower() -> bytes:
        try:
            return editor.post(address, fields).content
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert matching.reserve(appeal.begun(campaign, 2500)) == 2500
            saving = pool.submit(lower)
            wait_for(lambda: saving.done() or is_held_up(), "the edit")
        answer = saving.result(timeout=60).decode()
    campaign.refresh_from_db()
    assert "cannot be less" in answer
    assert campaign.match_cap == CAP


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_it_lets_other_gifts_be_written_while_one_reserves():
    """A new row of the campaign only needs the campaign to stay there. Who waited for more held a receipt's number."""
    starter.load()
    campaign = appeal.matched(CAP)

    def another() -> int:
        try:
            return appeal.begun(campaign).pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        matching.reserve(appeal.begun(campaign))
        assert pool.submit(another).result(timeout=60)


@pytest.mark.django_db
class TestTheWayOfAGift:
    """Through the form, the offline Stripe and its events."""

    @pytest.fixture
    def campaign(self, charity) -> Campaign:
        return appeal.matched(cap=4000)

    def give(self, donor: Donor, amount: str = "25", **more: str):
        fields = {"frequency": "once", "amount_once": "other", "other": amount, "email": "ada@donor.example"}
        return donor.client.post("/give/house/", {**donor.form("/give/house/"), **fields, **more})

    def test_it_holds_at_the_start_and_settles_when_paid(self, donor, till, campaign):
        answer = self.give(donor)
        now = progress.of(campaign)
        assert (now.held, now.matched, now.raised) == (2500, 0, 0)
        donor.pay(answer)
        till.tell()
        now = progress.of(campaign)
        assert (now.held, now.matched, now.raised, now.people) == (0, 2500, 2500, 1)

    def test_it_frees_what_ran_out_at_stripe(self, donor, till, campaign):
        self.give(donor)
        till.advance(3600)
        till.tell()
        assert Gift.objects.get().status == "expired"
        assert progress.of(campaign).match_left == 4000

    def test_it_frees_what_was_refunded(self, donor, till, campaign):
        donor.pay(self.give(donor))
        till.tell()
        till.refund(Gift.objects.get().payment_intent_id)
        till.tell()
        now = progress.of(campaign)
        assert (now.raised, now.people, now.match_left) == (0, 0, 4000)

    def test_it_holds_nothing_while_stripe_is_down(self, donor, till, campaign):
        till.fault("unavailable")
        assert self.give(donor).status_code == 503
        till.calm()
        assert progress.of(campaign).match_left == 4000

    def test_it_says_how_much_is_left_and_when_it_is_used_up(self, donor, till, campaign):
        assert "of which $40 is left" in Client().get("/give/house/").content.decode()
        answer = self.give(donor, "50")
        assert "being paid at this moment" in Client().get("/give/house/").content.decode()
        donor.pay(answer)
        till.tell()
        page = Client().get("/give/house/").content.decode()
        assert "The match is used up" in page and "is not matched" in page
        assert MatchReservation.objects.get().amount == 4000

    def test_it_matches_no_gift_of_before_the_match_whatever_stripe_tells_of_it_later(self, donor, till, charity):
        campaign = appeal.make()
        donor.pay(self.give(donor))
        till.tell()
        Campaign.objects.update(match_funder="The Lantern Trust", match_cap=4000)
        intent = not_none(Gift.objects.get().payment_intent_id)
        from_stripe.intent_succeeded(intent, audience.staff_alone)  # told once more, as by a comparison
        till.refund(intent, amount=1000)
        till.tell()
        now = progress.of(Campaign.objects.get(pk=campaign.pk))
        assert (now.raised, now.matched, now.match_left) == (1500, 0, 4000)

    def test_it_follows_a_dispute_until_that_is_won_though_the_donor_was_forgotten_meanwhile(
        self, donor, till, campaign
    ):
        donor.pay(self.give(donor, cover_fee="on"))
        till.tell()
        begun = till.dispute(not_none(Gift.objects.get().payment_intent_id))
        till.tell()
        now = progress.of(campaign)
        assert (now.raised, now.people, now.match_left) == (0, 0, 4000)
        privacy_registry.erase(Supporter.objects.get())
        till.sandbox.end_dispute(begun["id"], "won", till.tenant)
        till.tell()
        now = progress.of(campaign)
        assert (now.raised, now.people, now.matched) == (2500, 1, 2500)
        assert where("ada@donor.example") == set(), "nobody is written to, and nothing brings the address back"
        assert [line for check in audit.CHECKS for line in check()] == []

    def test_it_keeps_its_word_to_whoever_was_at_stripe_when_staff_ended_the_campaign(self, donor, till, campaign):
        fields = {**donor.form("/give/house/"), "frequency": "once", "amount_once": "35", "email": "ada@donor.example"}
        begun = donor.client.post("/give/house/", fields)
        Campaign.objects.update(ended=True)
        assert donor.client.post("/give/house/", fields).status_code == 409
        donor.pay(begun)
        till.tell()
        now = progress.of(campaign)
        assert (now.raised, now.matched, now.held) == (3500, 3500, 0)
        page = Client().get("/give/house/").content.decode()
        assert "$35 of $1,000 raised" in page and "The Lantern Trust adds $35 to it." in page

    def test_it_counts_a_currency_of_three_decimals_in_its_own_units(self, donor, till, charity):
        rungs = {"monthly_amounts": [5000], "once_amounts": [5000, 10_000], "minimum": 1000, "maximum": 5_000_000}
        Currency.objects.create(code="KWD", position=9, fee_basis_points=290, fee_fixed=100, **rungs)
        campaign = appeal.matched(cap=7250, slug="dinars", code="KWD", goal=10_500)
        fields = {"frequency": "once", "amount_once": "other", "other": "5.25", "email": "ada@donor.example"}
        form = donor.form("/give/dinars/")
        donor.pay(donor.client.post("/give/dinars/", {**form, **fields, "cover_fee": "on"}))
        till.tell()
        now = progress.of(campaign)
        assert (now.raised, now.matched, now.match_left, now.percent) == (5250, 5250, 2000, 50)
        page = Client().get("/give/dinars/").content.decode().replace("\N{NO-BREAK SPACE}", " ")
        assert "KWD 5.25 of KWD 10.50 raised" in page and "of which KWD 2 is left" in page
        told = Client().get("/api/campaigns/dinars.json").json()
        assert (told["exponent"], told["raised"], told["match"]["left"]) == (3, 5250, 2000)
