"""Campaigns: what their page says and when, what counts, who may change them."""

import io
import json
from datetime import UTC, date, datetime, timedelta

import jsonschema
import pytest
from bs4 import BeautifulSoup
from django.template import Context, Template
from django.test import Client
from django.utils.translation import override
from PIL import Image
from wagtail.images import get_image_model
from wagtail.images.tests.utils import get_test_image_file

from config.api import FILE
from donations.campaigns import progress
from donations.giving import appeals
from donations.models import Campaign, Currency, Gift, MatchReservation
from foundation.drawing import share
from foundation.organisation.models import Organisation
from supporters.supporters import get_or_create_supporter
from tests.donations import appeal
from tests.staff.users import signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def a_charity(charity):
    return charity


def page(slug: str = "house") -> str:
    return " ".join(Client().get(f"/give/{slug}/").content.decode().split())


def give(campaign: Campaign, amount: int, cover: int = 0, **fields) -> Gift:
    gift = appeal.begun(campaign, amount, cover, **fields)
    appeal.arrived(gift)
    return gift


class TestWhatCounts:
    def test_it_is_what_arrived_less_what_went_back_without_fee_cover(self):
        campaign = appeal.make()
        gift = give(campaign, 10_000, cover=300)
        appeal.book(gift, "refund", -5150, -150)
        appeal.begun(campaign, 99_000)
        assert progress.of(campaign).raised == 5000

    def test_it_counts_gifts_that_came_elsewhere(self):
        campaign = appeal.make()
        gift = appeal.begun(campaign, 7000)
        appeal.book(gift, "offline", 7000)
        assert progress.of(campaign).raised == 7000

    def test_it_does_not_count_gifts_of_others_or_in_another_currency(self):
        campaign, other = appeal.make(), appeal.make(slug="other")
        give(other, 5000)
        give(appeal.make(slug="euro", code="EUR"), 5000)
        give(campaign, 5000)
        assert (progress.of(campaign).raised, progress.of(other).raised) == (5000, 5000)

    def test_it_counts_people_once_and_only_while_something_is_left(self):
        campaign, ada, ben = (
            appeal.make(),
            get_or_create_supporter("ada@donor.example"),
            get_or_create_supporter("ben@donor.example"),
        )
        give(campaign, 1000, supporter=ada)
        give(campaign, 1000, supporter=ada)
        back = give(campaign, 1000, supporter=ben)
        assert progress.of(campaign).people == 2
        appeal.book(back, "refund", -1000)
        assert progress.of(campaign).people == 1

    def test_it_shows_the_panel_the_same_sums_as_the_page(self):
        campaign = appeal.matched(cap=3000)
        gift = give(campaign, 2500, cover=80)
        MatchReservation.objects.create(campaign=campaign, gift=gift, promised=2500, amount=2500, state="settled")
        lead = appeal.begun(appeal.make(slug="other"), 4000)
        appeal.arrived(lead)
        Gift.objects.filter(pk=lead.pk).update(campaign=None)
        Campaign.objects.filter(pk=campaign.pk).update(lead_gift=lead)
        row = Campaign.objects.with_totals().get(slug="house")
        assert (row.raised_sum, row.matched_sum) == (6500, 2500) == (progress.of(row).raised, progress.of(row).matched)
        assert (row.raised_text(), row.matched_text()) == ("$65", "$25 of $30")

    def test_it_keeps_a_renewal_with_the_campaign_while_that_is_open(self, donor, till):
        today = Organisation.load().today()
        appeal.matched(cap=100_000, ends_on=today + timedelta(days=40))
        fields = {"frequency": "monthly", "amount_monthly": "other", "other": "20", "email": "ada@donor.example"}
        donor.pay(donor.client.post("/give/house/", {**donor.form("/give/house/"), **fields}))
        till.tell()
        till.advance(32 * 86400)
        till.tell()
        till.advance(31 * 86400)
        till.tell()
        assert [gift.campaign_id is not None for gift in Gift.objects.order_by("id")] == [True, True, False]
        assert [match.amount for match in MatchReservation.objects.all()] == [2000], "only the first payment is matched"


class TestThePage:
    def test_it_shows_the_meter_from_half_of_the_goal(self):
        campaign = appeal.make()
        give(campaign, 49_999)
        assert 'class="meter"' not in page() and "The goal is $1,000" in page()
        give(campaign, 1)
        assert page().count('class="meter"') == 1 and "$500 of $1,000 raised" in page() and "50% of the goal" in page()

    @pytest.mark.parametrize("over", [{"ended": True}, {"ends_on": -1}], ids=["ended", "after"])
    def test_it_says_what_was_raised_once_it_is_over_however_little(self, over):
        days = {name: Organisation.load().today() + timedelta(days=n) for name, n in over.items() if name == "ends_on"}
        give(appeal.make(**{**over, **days}), 12_300)
        assert "$123 of $1,000 raised" in page() and page().count('class="meter"') == 1

    def test_it_shows_the_meter_from_day_one_when_a_lead_gift_seeds_it(self):
        campaign = appeal.make()
        campaign.lead_gift, campaign.lead_donor = give(campaign, 10_000, cover=300), "the Ahmed family"
        campaign.save()
        assert 'class="meter"' in page() and "It began with a gift of $100 from the Ahmed family." in page()

    def test_it_names_the_crowd_until_four_fifths_and_not_nearer_the_goal(self):
        campaign = appeal.make()
        give(campaign, 79_999, supporter=get_or_create_supporter("ada@donor.example"))
        assert "from one person" in page()
        give(campaign, 1, supporter=get_or_create_supporter("ben@donor.example"))
        assert "80% of the goal" in page() and "people" not in page().split("80% of the goal")[1][:40]

    def test_it_says_when_the_goal_is_reached(self):
        give(appeal.make(), 123_400)
        assert "The goal is reached." in page() and "123% of the goal" in page()

    def test_it_takes_its_own_currency_and_no_other(self):
        appeal.make(code="EUR")
        asked = Client().get("/give/house/?currency=USD").content.decode()
        assert 'name="into"' not in asked and 'name="currency" value="EUR"' in asked

    def test_it_takes_no_campaigns_currency_for_the_choice_of_this_browser(self, donor):
        campaign = appeal.make(code="EUR")
        wish = {**donor.wish("once", "25", "EUR"), "into": "GBP"}
        assert 'data-currency="EUR"' in donor.client.post(campaign.get_absolute_url(), wish).content.decode()
        assert donor.client.post(campaign.get_absolute_url(), {**wish, "into": ""}).status_code == 303
        assert 'data-currency="USD"' in donor.client.get("/give/?frequency=once").content.decode()

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"starts_on": 1, "ends_on": None}, "This campaign begins on"),
            ({"starts_on": -9, "ends_on": -1}, "This campaign is over."),
            ({"ended": True, "closing_words": "The house stands."}, "The house stands."),
        ],
        ids=["before", "after", "ended"],
    )
    def test_it_takes_no_gift_before_or_after(self, donor, fields, words):
        today = Organisation.load().today()
        for name in ("starts_on", "ends_on"):
            if fields.get(name):
                fields = {**fields, name: today + timedelta(days=fields[name])}
        sent = donor.wish("once", "25")
        appeal.make(**fields)
        assert words in page() and "<form" not in page() and 'href="/give/"' in page()
        answer = donor.client.post("/give/house/", sent)
        assert answer.status_code == 409 and "nothing was charged" in answer.content.decode()
        assert not Gift.objects.exists()

    @pytest.mark.parametrize(("zone", "state"), [("Pacific/Kiritimati", "after"), ("Pacific/Pago_Pago", "open")])
    def test_it_ends_with_the_day_in_the_organisations_own_zone(self, a_charity, monkeypatch, zone, state):
        monkeypatch.setattr("django.utils.timezone.now", lambda: datetime(2026, 11, 24, 6, tzinfo=UTC))
        a_charity.time_zone = zone
        a_charity.save()
        assert appeal.make(starts_on=date(2026, 11, 1), ends_on=date(2026, 11, 23)).state == state

    def test_it_hides_what_staff_have_not_published(self):
        appeal.make(live=False)
        for path in ("/give/house/", "/give/house/share.png", "/api/campaigns/house.json"):
            assert Client().get(path).status_code == 404

    def test_it_leads_back_to_the_campaign_from_stripe(self, donor, till):
        appeal.make()
        fields = {"frequency": "once", "amount_once": "other", "other": "25", "email": "ada@donor.example"}
        donor.client.post("/give/house/", {**donor.form("/give/house/"), **fields})
        gift = Gift.objects.get()
        assert appeals.page_of(gift) == "/give/house/"
        back = donor.client.get(f"/give/house/?back={gift.reference}").content.decode()
        assert "Nothing was charged" in back and 'value="ada@donor.example"' in back

    def test_it_describes_itself_to_other_sites(self):
        appeal.make()
        text = page()
        assert '<meta property="og:title" content="A house by the sea">' in text
        address = text.split('property="og:image" content="')[1].split('"')[0]
        answer = Client().get(address.split("8000", 1)[-1] if "8000" in address else address)
        assert answer["Content-Type"] == "image/png" and "immutable" in answer["Cache-Control"]
        assert Image.open(io.BytesIO(answer.content)).size == (1200, 630)

    def test_it_invites_from_other_pages_while_it_is_open(self):
        block = Template("{% load campaigns %}{% campaign_block campaign %}")
        campaign, ours = appeal.make(), Organisation.load()
        assert 'href="/give/house/"' in block.render(Context({"campaign": campaign, "organisation": ours}))
        with override("es"):
            there = block.render(Context({"campaign": campaign, "organisation": ours}))
        assert 'href="/es/give/house/"' in there and "Leer sobre ella y donar" in there
        campaign.ended = True
        assert block.render(Context({"campaign": campaign, "organisation": ours})).strip() == ""
        assert block.render(Context({"campaign": None, "organisation": ours})).strip() == ""


class TestTheShareImage:
    def test_it_draws_other_words_differently_and_the_same_words_the_same(self):
        assert share.share_image("One", "Name") != share.share_image("Two", "Name")
        assert share.version("One", "Name") != share.version("One Name", "")

    @pytest.mark.parametrize("title", ["x" * 90, "word " * 18, "Ünïcode: “naïve” – 50 €", "Ελπίδα", ""])
    def test_it_draws_any_title(self, title):
        assert Image.open(io.BytesIO(share.share_image(title, "The Road Out"))).size == (1200, 630)

    @pytest.mark.parametrize(
        "title", ["x" * 90, "Donaudampfschifffahrtsgesellschaftskapitänsmütze", "word " * 18, "Ein " + "W" * 40]
    )
    def test_it_keeps_a_title_of_the_longest_words_off_the_edge(self, title):
        drawn, bare = (Image.open(io.BytesIO(share.share_image(words, ""))).convert("L") for words in (title, ""))
        edge = (share.WIDTH - share.MARGIN + 30, 0, share.WIDTH, 300)  # above the sun, an ellipsis beyond the margin
        bright = [max(picture.crop(edge).tobytes()) for picture in (drawn, bare)]
        assert max(drawn.crop((0, 0, 1100, 300)).tobytes()) > 200 > bright[0] == bright[1]

    def test_it_draws_letters_with_their_marks_however_they_were_typed(self):
        assert share.share_image("Canción", "") == share.share_image("Cancio\u0301n", "") != share.share_image("", "")


class TestTheCounters:
    def test_it_says_what_its_description_promises_and_nothing_else(self):
        campaign = appeal.matched(cap=5000)
        gift = give(campaign, 2500, cover=80, supporter=get_or_create_supporter("ada@donor.example"))
        MatchReservation.objects.create(campaign=campaign, gift=gift, promised=2500, amount=2500, state="settled")
        answer = Client().get("/api/campaigns/house.json")
        facts = answer.json()
        schema = json.loads(FILE.read_text())["components"]["schemas"]["Campaign"]
        jsonschema.validate(facts, schema)
        assert (facts["raised"], facts["people"], facts["percent"], facts["goal"]) == (2500, 1, 2, 100_000)
        assert facts["match"] == {"cap": 5000, "matched": 2500, "held": 0, "left": 2500}
        assert "max-age=60" in answer["Cache-Control"] and not answer.cookies
        assert Client().post("/api/campaigns/house.json").status_code == 405
        assert Client().get("/api/openapi.json").json()["openapi"] == "3.1.0"


class TestThePanel:
    ADD = "/admin/snippets/donations/campaign/add/"

    def test_it_publishes_what_staff_write_in_sums_as_people_write_them(self):
        answer = signed_in("Editor").post(self.ADD, appeal.written(match_funder="The Lantern Trust", cap_sum="5000"))
        assert answer.status_code == 302, answer.content.decode()
        campaign = Campaign.objects.get()
        assert (campaign.live, campaign.goal, campaign.match_cap) == (True, 2_500_000, 500_000)
        assert "Rooms and a garden." in page() and "The Lantern Trust matches every gift" in page()

    def picture(self, place: int, **value: str) -> dict[str, str]:
        image = get_image_model().objects.create(title="IMG_1", file=get_test_image_file(f"IMG_1_{place}.png"))
        known = {"type": "picture", "deleted": "", "order": str(place), "id": "", "value-image": str(image.pk)}
        known |= {f"value-{name}": text for name, text in value.items()}
        return {f"story-{place}-{name}": text for name, text in known.items()}

    def test_it_tells_the_story_with_as_many_pictures_as_staff_like_each_with_its_words(self):
        pictures = self.picture(1, alt_text="A door, open") | self.picture(2, alt_text="Bread on a table")
        pictures |= self.picture(3, alt_text="", decorative="on")
        answer = signed_in("Editor").post(self.ADD, appeal.written(**{**pictures, "story-count": "4"}))
        assert answer.status_code == 302, answer.content.decode()
        shown = BeautifulSoup(page(), "html.parser").select(".story figure img")
        assert [image["alt"] for image in shown] == ["A door, open", "Bread on a table", ""]
        assert all(image["srcset"] and image["loading"] == "lazy" for image in shown)

    @pytest.mark.parametrize("words", ["", "IMG_1_1"])
    def test_it_takes_no_picture_without_words_that_say_what_it_shows(self, words):
        picture = self.picture(1, alt_text=words)
        answer = signed_in("Editor").post(self.ADD, appeal.written(**{**picture, "story-count": "2"}))
        assert answer.status_code == 200 and not Campaign.objects.exists()

    def test_it_keeps_a_draft_to_staff(self):
        fields = appeal.written()
        del fields["action-publish"]
        assert signed_in("Editor").post(self.ADD, fields).status_code == 302
        assert Client().get("/give/house/").status_code == 404

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"goal_sum": "a lot"}, "goal_sum"),
            ({"goal_sum": "0"}, "above zero"),
            ({"match_funder": "Somebody"}, "Give both who matches"),
            ({"cap_sum": "100"}, "Give both who matches"),
            ({"lead_reference": "AAAA-BBBB-CCCC"}, "No gift that has arrived"),
            ({"ends_on": "2025-12-31"}, "must not be before"),
            ({"slug": "thanks"}, "Another page has this address"),
        ],
    )
    def test_it_refuses_what_is_not_clear(self, fields, words):
        answer = signed_in("Editor").post(self.ADD, appeal.written(**fields))
        assert answer.status_code == 200 and words in answer.content.decode()
        assert not Campaign.objects.exists()

    def test_it_refuses_a_cap_below_what_gifts_have_and_another_currency(self):
        campaign = appeal.matched(cap=5000)
        MatchReservation.objects.create(campaign=campaign, gift=give(campaign, 4000), promised=4000, amount=4000)
        editor, address = signed_in("Editor"), f"/admin/snippets/donations/campaign/edit/{campaign.pk}/"
        fields = appeal.written(match_funder="The Lantern Trust", cap_sum="39")
        assert "cannot be less" in editor.post(address, fields).content.decode()
        euro = Currency.objects.get(code="EUR")
        assert "currency stays" in editor.post(address, {**fields, "currency": str(euro.pk)}).content.decode()

    def test_it_takes_a_lead_gift_that_arrived_before_the_campaign(self):
        campaign = appeal.make()
        gift = appeal.begun(campaign, 50_000)
        Gift.objects.filter(pk=gift.pk).update(campaign=None)
        appeal.arrived(gift)
        address = f"/admin/snippets/donations/campaign/edit/{campaign.pk}/"
        answer = signed_in("Editor").post(
            address, appeal.written(lead_reference=gift.reference.lower(), goal_sum="1000")
        )
        assert answer.status_code == 302, answer.content.decode()
        assert "$500 of $1,000 raised" in page() and "somebody who stays unnamed" in page()

    def test_it_lists_raised_goal_and_match_without_a_query_for_each(self, django_assert_max_num_queries):
        for number in range(12):
            give(appeal.matched(cap=3000, slug=f"c{number}"), 2500)
        finance = signed_in("Finance")
        finance.get("/admin/snippets/donations/campaign/")
        with django_assert_max_num_queries(40):
            text = finance.get("/admin/snippets/donations/campaign/").content.decode()
        assert text.count("$25") >= 12 and "$0 of $30" in text

    def test_it_previews_what_is_not_saved(self):
        editor = signed_in("Editor")
        address = "/admin/snippets/donations/campaign/preview/"
        assert editor.post(address, appeal.written()).json()["is_valid"]
        shown = editor.get(address).content.decode()
        assert "A house by the sea" in shown and "The giving form is here." in shown
