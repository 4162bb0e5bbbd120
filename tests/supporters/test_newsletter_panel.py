"""Staff write a newsletter, see it, test it and send it behind a question that says how many will get it."""

from email import message_from_bytes, policy
from io import BytesIO

import pytest
from django.core import mail
from django.core.files.images import ImageFile
from django.test import Client
from PIL import Image
from wagtail.images import get_image_model
from wagtail.models import ModelLogEntry

from foundation.jobs import queue as jobs
from foundation.letters.models import Letter
from supporters.models import Newsletter, NewsletterText
from tests.foundation.mail_server import MailServer
from tests.foundation.test_raw_messages import server  # noqa: F401 - a fixture
from tests.staff.users import signed_in
from tests.supporters.newsletters import begun, reader, readers, to_the_end, written

pytestmark = pytest.mark.django_db
LIST = "/admin/newsletters/"
TYPED = {
    "subject": "News for November",
    "preheader": "Two things",
    "body": "Dear {name},\n\n# A new house\n\nIt has **twelve** beds. [Read on](/about/).\n\n[Give](/give/)",
    "picture": "",
    "picture_alt": "",
}


@pytest.fixture
def editor() -> Client:
    return signed_in("Editor")


@pytest.fixture
def draft() -> Newsletter:
    return written()


def words(newsletter: Newsletter, language: str = "en") -> str:
    return f"{LIST}{newsletter.pk}/words/{language}/"


def do(newsletter: Newsletter, name: str) -> str:
    return f"{LIST}{newsletter.pk}/do/{name}/"


def picture(colour: str = "teal") -> int:
    content = BytesIO()
    Image.new("RGB", (1600, 800), colour).save(content, "PNG")
    image = get_image_model().objects.create(title="House", file=ImageFile(content, name="house.png"))
    return image.pk


def lines() -> list[str]:
    return [entry.message for entry in ModelLogEntry.objects.filter(action="staff.action").order_by("pk")]


def test_it_is_written_in_each_language_and_kept_as_a_draft(editor: Client) -> None:
    address = editor.post(LIST)["Location"]
    newsletter = Newsletter.objects.get()
    assert address == words(newsletter)
    assert editor.get(address).status_code == 200
    assert editor.post(address, TYPED)["Location"] == f"{LIST}{newsletter.pk}/"
    editor.post(words(newsletter, "es"), {**TYPED, "subject": "Noticias"})
    said = dict(NewsletterText.objects.values_list("language", "subject"))
    assert said == {"en": "News for November", "es": "Noticias"}
    page = editor.get(f"{LIST}{newsletter.pk}/").content.decode()
    assert "News for November" in page and "Noticias" in page and "0 supporters would get it" in page
    assert "News for November" in editor.get(LIST).content.decode()
    assert not Letter.objects.exists() and len(lines()) == 3


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"body": "Dear {nmae},"}, "is no place of this letter"),
        ({"body": "[Here](javascript:alert(1))"}, "is no link"),
        ({"body": "[Here](www.example.org)"}, "is no link"),
        ({"body": "[Here](//evil.example)"}, "is no link"),
        ({"subject": "For {name}"}, "is no place of this letter"),
        ({"subject": ""}, "required"),
    ],
)
def test_it_says_plainly_what_is_wrong_and_keeps_what_was_typed(editor, draft, wrong, said) -> None:
    answer = editor.post(words(draft), {**TYPED, **wrong})
    assert answer.status_code == 422 and said in answer.content.decode() and "Two things" in answer.content.decode()
    assert said in editor.post(words(draft) + "preview/", {**TYPED, **wrong}).content.decode()
    assert NewsletterText.objects.get().body == "Dear {name},\n\nBread."


def test_it_shows_what_is_typed_as_a_supporter_would_see_it(editor: Client, draft: Newsletter) -> None:
    answer = editor.post(words(draft) + "preview/", TYPED)
    page = answer.content.decode()
    assert "Dear Ada Lovelace," in page and "A new house\n===========" in page and "no more of these" in page
    assert "&lt;strong" in page and "twelve&lt;/strong&gt; beds" in page  # in the frame, whose source is an attribute
    policy_ = answer["Content-Security-Policy"]
    assert "script-src 'none'" in policy_ and "img-src data:" in policy_ and answer["X-Frame-Options"] == "SAMEORIGIN"
    assert not Letter.objects.exists() and NewsletterText.objects.get().body != TYPED["body"]


def test_it_sends_a_test_of_unsaved_words_to_whoever_asks_and_to_nobody_else(editor, draft, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    readers(2)
    shown = {**TYPED, "picture": str(picture()), "picture_alt": "A blue house"}
    assert editor.post(words(draft), {**shown, "do": "test"}).status_code == 200
    jobs.run_due()
    (message,) = mail.outbox
    assert message.to == ["editor@example.org"] and message.subject == "Test: News for November"
    assert NewsletterText.objects.get().body != TYPED["body"] and "A blue house" in message.body


def test_it_asks_first_and_names_how_many_get_it(editor: Client, draft: Newsletter) -> None:
    readers(3)
    reader("eva@example.org", "es")
    page = editor.post(do(draft, "send"))
    said = page.content.decode()
    assert "Send this newsletter to 3 supporters now?" in said
    assert "English: 3" in said and "Español: 1, who get none" in said
    draft.refresh_from_db()
    assert draft.state == "draft" and editor.get(do(draft, "send")).status_code == 405
    answer = editor.post(do(draft, "send"), {"sure": page.context["asked"]})
    assert answer.status_code == 302
    draft.refresh_from_db()
    assert draft.state == "sending" and "Send this newsletter to 3 supporters" in lines()[-1]
    running = editor.get(answer["Location"])
    assert running["Refresh"] == "5" and "<progress" in running.content.decode()
    to_the_end(draft)
    over = editor.get(answer["Location"])
    assert "Refresh" not in over and "3 of them have left" in over.content.decode()


@pytest.mark.parametrize("change", ["words", "readers"])
def test_it_asks_again_when_something_has_changed_since(editor: Client, draft: Newsletter, change: str) -> None:
    readers(2)
    asked = editor.post(do(draft, "send")).context["asked"]
    if change == "words":
        NewsletterText.objects.update(body="Other words.")
    else:
        reader("one-more@example.org")
    answer = editor.post(do(draft, "send"), {"sure": asked})
    draft.refresh_from_db()
    assert "have changed since" in answer.content.decode() and draft.state == "draft"


def test_it_changes_no_words_of_one_that_is_being_sent(editor: Client, draft: Newsletter) -> None:
    begun(draft)
    assert editor.post(words(draft), TYPED).status_code == 302
    assert NewsletterText.objects.get().body == "Dear {name},\n\nBread."
    assert "possible any more" in editor.post(do(draft, "delete"), follow=True).content.decode()
    assert "Bread." in editor.get(words(draft) + "preview/").content.decode()


def test_it_can_be_paused_taken_up_stopped_and_is_kept(editor: Client, draft: Newsletter) -> None:
    readers(2)
    begun(draft)
    for name, state in (("pause", "paused"), ("resume", "sending")):
        assert editor.post(do(draft, name)).status_code == 302
        draft.refresh_from_db()
        assert draft.state == state
    page = editor.post(do(draft, "stop"))
    assert "2 supporters" in page.content.decode()
    editor.post(do(draft, "stop"), {"sure": page.context["asked"]})
    draft.refresh_from_db()
    assert draft.state == "stopped" and "News for November" in editor.get(LIST).content.decode()
    assert [line.partition(":")[0] for line in lines()] == ["Pause", "Go on", "Stop for good"]


def test_it_deletes_a_draft_that_nobody_wants(editor: Client, draft: Newsletter) -> None:
    page = editor.post(do(draft, "delete"))
    assert editor.post(do(draft, "delete"), {"sure": page.context["asked"]})["Location"] == LIST
    assert not Newsletter.objects.exists() and not NewsletterText.objects.exists()


@pytest.mark.parametrize(
    ("role", "reads", "writes"), [("Editor", True, True), ("Donor care", True, False), ("Finance", False, False)]
)
def test_it_is_written_and_sent_by_editors_and_read_by_donor_care(draft, role: str, reads: bool, writes: bool) -> None:
    staff = signed_in(role)
    for address in (LIST, f"{LIST}{draft.pk}/", words(draft) + "preview/"):
        assert (staff.get(address).status_code == 200) == reads, address
    assert (staff.get(words(draft)).status_code == 200) == writes
    assert (staff.post(LIST).status_code == 302 and Newsletter.objects.count() == 2) == writes
    assert (staff.post(do(draft, "send")).status_code == 200) == writes
    assert (LIST in staff.get("/admin/").content.decode()) == reads


def test_it_carries_its_picture_and_asks_no_server_for_anything(editor: Client, draft: Newsletter, settings) -> None:
    """Nobody learns that a letter was opened: its picture is a part of the message, and no link leads elsewhere."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    reader("ada@example.org", name="Zoë 李")
    number = picture()
    assert (
        editor.post(words(draft), {**TYPED, "picture": str(number)}).status_code == 422
    )  # nobody is told what it shows
    editor.post(words(draft), {**TYPED, "picture": str(number), "picture_alt": "A blue house"})
    to_the_end(begun(draft))
    message = message_from_bytes(mail.outbox[0].message().as_bytes(), policy=policy.default)
    text, related = message.iter_parts()
    assert related.get_content_type() == "multipart/related"
    html, image = related.iter_parts()
    assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
    assert image.get_content_type() == "image/jpeg" and image.get_content_disposition() == "inline"
    source = html.get_content()
    assert f'src="cid:{image["Content-ID"].strip("<>")}"' in source and source.count("<img") == 1
    assert "url(" not in source and "Dear Zoë 李," in text.get_content()
    assert f"Read on ({settings.BASE_URL}/about/)" in text.get_content()
    assert message["Auto-Submitted"] == "auto-generated" and "List-Unsubscribe" in message
    with Image.open(BytesIO(image.get_content())) as seen:
        assert seen.width == 1120


def test_it_leaves_in_lines_that_any_mail_server_takes(
    draft: Newsletter,
    server: MailServer,  # noqa: F811
) -> None:
    """With a picture, words of any script and a line without an end."""
    reader("ada@example.org")
    subject = "Noticias de otoño: Юлия, 山田 ☂"
    typed = {"subject": subject, "body": "ß" * 3000 + " Юлия", "picture_id": picture(), "picture_alt": "Дом"}
    NewsletterText.objects.update(**typed)
    to_the_end(begun(draft))
    raw = server.taken[0].encode()
    assert max(map(len, raw.split(b"\r\n"))) <= 998 and raw.split(b"\r\n\r\n")[0].isascii()
    message = message_from_bytes(raw, policy=policy.default)
    text, related = message.iter_parts()
    assert message["Subject"] == subject and related.get_content_type() == "multipart/related"
    html, image = related.iter_parts()
    assert "ß" * 3000 in text.get_content() and "Дом" in html.get_content()
    assert image.get_content().startswith(b"\xff\xd8")
