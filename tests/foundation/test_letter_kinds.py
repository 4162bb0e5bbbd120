"""Every kind of letter: its words can be used as they stand, and its raw message is what mail programs expect."""

import re
from email import message_from_bytes, policy
from email.message import EmailMessage

import html5lib
import pytest
from django.conf import settings
from django.core import mail
from django.test import override_settings
from django.utils import translation
from django.utils.html import escape

from foundation.jobs import queue as jobs
from foundation.letters import kinds, outbox, words, writing
from foundation.letters.models import Letter, LetterWording
from foundation.organisation.models import Organisation
from tests.narrowing import not_none

pytestmark = pytest.mark.django_db
LOCMEM = "django.core.mail.backends.locmem.EmailBackend"
KINDS = [kind.name for kind in kinds.every()]
SPEAKING = ("traffick", "slave", "victim", "exploit", "abolition", "pledge", "road out", "donat", "gift")


def raw(name: str, **more: str) -> EmailMessage:
    """The message as it leaves this machine."""
    kind = not_none(kinds.get(name))
    context = {**writing.sample(kind), "name": "Zoë 李", **more}
    outbox.queue(f"raw:{name}", name, "ada@example.org", context)
    with override_settings(EMAIL_BACKEND=LOCMEM):
        jobs.run_due()
    return message_from_bytes(mail.outbox[-1].message().as_bytes(), policy=policy.default)


def test_it_knows_the_whole_series() -> None:
    for name in ("receipt", "receipt_monthly", "card_failed", "card_failed_again", "card_failed_last", "plan_held"):
        assert name in KINDS
    for name in ("plan_changed", "plan_paused", "plan_resumed", "plan_stopped", "refund", "refund_failed"):
        assert name in KINDS
    for name in ("debit_failed", "welcome_monthly", "yearly_reminder", "card_link"):
        assert name in KINDS
    assert [kind.name for kind in kinds.every() if kind.news] == ["yearly_reminder", "welcome_pledge"]


def test_it_leaves_five_letters_unworded_and_no_more() -> None:
    """The page of words says why. A new letter has words that staff may change, or stands here with a reason."""
    folders = {path.parent.name for path in (settings.BASE_DIR / "templates" / kinds.FOLDER).glob("*/subject.txt")}
    assert folders - set(KINDS) == {"answer", "message_waits", "newsletter", "staff_invitation", "staff_notice"}


RECEIPTS = [kind.name for kind in kinds.every() if kind.receipt]


@pytest.mark.parametrize("name", RECEIPTS)
def test_it_keeps_in_a_receipt_what_makes_it_one(name: str) -> None:
    kind = not_none(kinds.get(name))
    assert {"facts", "statement"} <= set(kind.needed)
    assert ("file" in kind.sample) == ("file" in kind.needed) and ("old" in kind.sample) == ("old" in kind.needed)
    for place in kind.needed:
        with pytest.raises(words.WordsError, match=f"{{{place}}}"):
            words.check(kind.words().replace(f"{{{place}}}", ""), [*kind.places, "facts"], kind.needed)


@pytest.mark.parametrize("name", KINDS)
def test_it_has_words_that_its_own_rules_accept(name: str) -> None:
    kind = kinds.get(name)
    places = [*kind.places, *(["facts"] if kind.facts else [])]
    words.check(kind.subject(), places)
    words.check(kind.words(), places, kind.needed)
    assert kind.label and "&" not in kind.subject() + kind.words()
    used = set(words.PLACE.findall(kind.subject() + kind.words()))
    assert set(kind.sample) - {"total", "given", "name"} <= used, "a place that no word uses is a promise not kept"


@pytest.mark.parametrize("code", [code for code, _name in settings.LANGUAGES])
def test_it_begins_every_sentence_of_every_letter_with_a_capital(code: str) -> None:
    """After “Dear X,” too, in the words that we ship in that language."""
    for kind in kinds.every():
        with translation.override(code):
            written = writing.compose(kind, kind.subject(), kind.words(), {**writing.sample(kind), "name": "Zoë"})
        greeting, *rest = written.text.split("\n\n")
        first = re.sub(r"^[^\w{]+", "", rest[0] if greeting.rstrip().endswith((",", ":")) else greeting)
        assert first[0].isupper() or first[0].isdigit(), (kind.name, first[:60])
        small = re.findall(r"(?:[.!?]”?|[,:]\n)\s+(?!e-mail|http)([a-zà-ü]\w*[^\n]{0,40})", written.text)
        assert small == [], kind.name


def test_it_begins_the_letters_that_nobody_words_with_a_capital_too() -> None:
    message = {"name": "Zoë", "email": "zoe@example.org", "text": "Could you speak in May?"}
    about = {"name": "Zoë", "reason": "Speaking", "address": "https://example.org/", "hours": 48, "link": "https://x/"}
    for name in ("answer", "message_waits", "staff_invitation"):
        context = {**about, "message": message, "answer": {"text": "With pleasure."}}
        greeting, *rest = writing.write(name, context).text.split("\n\n")
        first = rest[0] if greeting.endswith(",") else greeting
        assert first[0].isupper(), (name, first)


@pytest.mark.parametrize("name", KINDS)
def test_it_tells_nothing_of_the_cause_in_the_subject(name: str) -> None:
    subject = kinds.get(name).subject().lower()
    assert not [word for word in SPEAKING if word in subject]


@pytest.mark.parametrize("name", KINDS)
def test_it_leaves_as_a_message_that_every_program_can_show(name: str) -> None:
    message = raw(name)
    assert message.get_content_type() == "multipart/alternative"
    text, html = message.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert text.get_content_charset() == html.get_content_charset() == "utf-8"
    assert message["To"] == "ada@example.org" and message["From"] and message["Date"] and message["Message-ID"]
    assert message["Auto-Submitted"] == "auto-generated" and "\n" not in message["Subject"]
    body = html.get_content()
    assert not re.search(r"<(img|link|script|iframe|object|form|input)|url\(|@import|\ssrc=|background=", body, re.I)
    assert "prefers-color-scheme" in body and 'style="' in body
    addresses = re.findall(r'href="([^"]*)"', body)
    assert all(each.startswith((settings.BASE_URL, "https://example.org/")) for each in addresses), addresses
    assert not re.search(r"https?://(?!localhost|example\.org)", text.get_content() + body)
    html5lib.HTMLParser(strict=False).parse(body)
    assert "{" not in text.get_content(), "a place stayed open"


@pytest.mark.parametrize("name", KINDS)
def test_it_says_every_example_in_both_parts(name: str) -> None:
    kind = kinds.get(name)
    message = raw(name)
    text, html = (part.get_content() for part in message.iter_parts())
    seen = " ".join(re.sub(r"<style.*?</style>|<(?!a )[^>]+>", "", html, flags=re.S).split())
    for place in set(words.PLACE.findall(kind.words())) - {"facts", "name", "contact", "organisation", "statement"}:
        assert kind.sample[place] in text and kind.sample[place] in seen, place
    for label, value in kind.facts:
        assert f"{label}: {value}" in text and str(value) in seen


@pytest.mark.parametrize("name", KINDS)
def test_it_leads_on_by_words_and_not_by_a_bare_address(name: str) -> None:
    """What a letter is for is a button: an address alone in a paragraph is long, and says nothing."""
    kind = not_none(kinds.get(name))
    alone = {f"{{{place}}}" for place, value in kind.sample.items() if "://" in value}
    assert not alone & {paragraph.strip() for paragraph in kind.words().split("\n\n")}


@pytest.mark.parametrize("name", KINDS)
def test_it_gives_its_examples_in_the_language_of_the_letter(name: str) -> None:
    kind = not_none(kinds.get(name))
    with translation.override("es"):
        written = writing.compose(kind, kind.subject(), kind.words(), writing.sample(kind))
    english = r"\$\d|\b(March|April|June|July|monthly|every|once|Receipt|Amount|gift|No goods)\b"
    assert not re.search(english, written.subject + written.text), written.text


@pytest.mark.parametrize("name", KINDS)
def test_it_offers_to_stop_only_what_nobody_must_get(name: str) -> None:
    message = raw(name)
    news = kinds.get(name).news
    assert (message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click") == news
    assert bool(message["List-Unsubscribe"]) == news


def test_it_keeps_the_colours_for_dark_screens_and_overrules_the_others() -> None:
    _text, html = (part.get_content() for part in raw("card_link").iter_parts())
    (dark,) = re.findall(r"<style>(.*?)</style>", html, re.S)
    assert "prefers-color-scheme: dark" in dark and "a.button" in dark
    colours = [rule for rule in re.findall(r"[\w-]+:[^;{}]+;", dark) if "colo" in rule or "background" in rule]
    assert colours and all("!important" in rule for rule in colours)


def test_it_leaves_out_a_paragraph_that_has_nothing_to_say() -> None:
    said = words.as_text("Dear {name},\n\nThanks.\n\nWrite to {contact}.", {"name": "", "contact": ""})
    assert said == "Thanks."


def test_it_turns_no_name_into_a_link_or_a_tag() -> None:
    html = words.as_html("Dear {name},", {"name": '<a href="https://evil.example">https://evil.example</a>'})
    assert "<a" not in html and "&lt;a" in html


def test_it_shows_what_staff_typed_as_words() -> None:
    assert "<script" not in words.as_html("<script>alert(1)</script> {name}", {"name": "Ada"})


@pytest.mark.parametrize("text", ["{nmae}", "{ name}", "{}", "a { b", "a } b", "{{name}}", "{name.__class__}", "{0}"])
def test_it_refuses_a_place_that_it_does_not_know(text: str) -> None:
    with pytest.raises(words.WordsError, match=r"\{name\}"):
        words.check(text, ["name"])


def test_it_writes_in_the_words_of_staff_where_there_are_some() -> None:
    LetterWording.objects.create(key="card_link", language="en", subject="Here, {name}", body="Go:\n\n[Now]({link})")
    LetterWording.objects.create(key="card_link", language="es", subject="Aquí", body="{link}")
    letter = outbox.queue("k", "card_link", "a@example.org", {"name": "Ada", "link": f"{settings.BASE_URL}/x/"})
    assert letter.subject == "Here, Ada" and f"Now:\n{settings.BASE_URL}/x/" in letter.text
    assert f'href="{settings.BASE_URL}/x/"' in letter.html and ">Now</a>" in letter.html
    spanish = outbox.queue("k2", "card_link", "a@example.org", {"link": "x"}, language="es")
    assert spanish.subject == "Aquí" and '<html lang="es"' in spanish.html


def test_it_has_our_words_again_when_those_of_staff_are_gone() -> None:
    row = LetterWording.objects.create(key="plan_ended", language="en", subject="Theirs", body="Theirs")
    row.delete()
    letter = outbox.queue("k", "plan_ended", "a@example.org", {"pace": "yearly"})
    assert letter.subject == kinds.get("plan_ended").subject().replace("{pace}", "yearly")


def test_it_names_the_charity_and_its_mailbox_in_any_letter() -> None:
    organisation = Organisation.load()
    organisation.name, organisation.email = "Kind People", "us@charity.example"
    organisation.save()
    LetterWording.objects.create(key="plan_ended", language="en", subject="{organisation}", body="{contact}")
    letter = outbox.queue("k", "plan_ended", "a@example.org", {})
    assert letter.subject == "Kind People" and letter.text.count("us@charity.example") == 2
    assert Letter.objects.get() == letter


def test_it_makes_a_link_in_a_sentence_and_shows_no_brackets() -> None:
    page = f"{settings.BASE_URL}/my/"
    text = "Open [My page]({page}) or ask {name}."
    assert words.as_text(text, {"page": page, "name": "Ada"}) == f"Open My page ({page}) or ask Ada."
    html = words.as_html(text, {"page": page, "name": "Ada"})
    assert html == f'<p>Open <a href="{page}">My page</a> or ask <bdi>Ada</bdi>.</p>'


@pytest.mark.parametrize("text", ["[Here]({name})", "Press [here]({name})."])
@pytest.mark.parametrize("name", ["javascript:alert(1)", "https://evil.example/", "[x]({name})", "//evil.example"])
def test_it_leads_nowhere_but_to_this_site(text: str, name: str) -> None:
    html = words.as_html(text, {"name": name})
    assert "<a" not in html and "href" not in html and str(escape(name)) in html


@pytest.mark.parametrize("name", KINDS)
def test_it_shows_nothing_of_how_letters_are_written(name: str) -> None:
    """Brackets and braces are for whoever writes the words."""
    for part in raw(name).iter_parts():
        shown = re.sub(r"<style.*?</style>", "", part.get_content(), flags=re.S)
        assert not re.search(r"[\[\]{}]", shown), re.search(r".*[\[\]{}].*", shown).group()


@pytest.mark.parametrize("kind", [kind for kind in kinds.every() if kind.news], ids=lambda kind: kind.name)
@pytest.mark.django_db
def test_it_writes_no_letter_that_nobody_must_get_without_the_way_to_stop_it(kind):
    context = writing.sample(kind)
    with pytest.raises(ValueError, match="stopped"):
        outbox.queue("news", kind.name, "ada@example.org", {**context, "stop": ""})
    letter = outbox.queue("news", kind.name, "ada@example.org", context)
    assert letter.stop_url in letter.text and letter.stop_url in letter.html
    assert outbox._message(letter, None).extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_it_wears_the_charitys_colours_and_its_name_where_there_is_no_logo() -> None:
    Organisation.load()
    Organisation.objects.update(
        name="Harbour Way", band_colour="#3C145A", button_colour="#F0A0C0", link_colour="#6B1FA0"
    )
    html = writing.compose(
        not_none(kinds.get("card_link")), "A note", "[Open]({link})\n\n{contact}", {"link": "https://example.org/a/"}
    ).html
    head = html[html.index('class="head"') : html.index("Open")]
    assert "Harbour Way" in head and "#3C145A" in head and "<img" not in html
    assert "background: #F0A0C0" in html[html.index('class="button"') :]
