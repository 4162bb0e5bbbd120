"""Search index of every public page, by passage: a row is kept while the page is public, and deleted after it."""

from typing import Any, NamedTuple

from django.db import models
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.models import Page
from wagtail.search import index

from awareness import extras
from awareness.reading import ReadingPage
from foundation.organisation import sought


class Passage(NamedTuple):
    """The unit of search: the text below one heading, or a question and answer. Empty anchor: the head of the page."""

    anchor: str
    title: str
    text: str


class PageWords(index.Indexed, models.Model):
    """Search index, one row a page, so that search queries one table whatever the types of pages.

    Wagtail's index holds the words in their simplest form (stems): one word finds the same pages on every database.
    """

    page = models.OneToOneField(Page, on_delete=models.CASCADE, related_name="+")
    language = models.CharField(_("language"), max_length=10)
    pieces = models.JSONField(_("passages"))

    search_fields = [index.FilterField("language"), index.AutocompleteField("stems")]

    class Meta:
        verbose_name = _("words of a page")
        verbose_name_plural = _("words of pages")

    def __str__(self) -> str:
        return str(self.page_id)

    @property
    def passages(self) -> list[Passage]:
        return [Passage(*piece) for piece in self.pieces]

    @cached_property
    def stems(self) -> str:
        """The stems of all passages. Read by each column of Wagtail's index."""
        words = " ".join(text for passage in self.passages for text in passage[1:])
        return " ".join(sought.stems(words, self.language))


@receiver(post_save)
def save_words(
    sender: type[models.Model], instance: Any, update_fields: Any = None, raw: bool = False, **kw: Any
) -> None:
    """Signal receiver: upsert the index row when a page is saved. A draft saves only some fields, and is skipped."""
    if not isinstance(instance, ReadingPage) or raw or update_fields is not None:
        return
    if not instance.live:
        PageWords.objects.filter(page_id=instance.pk).delete()
        return
    said = {"language": instance.locale.language_code, "pieces": of(instance)}
    PageWords.objects.update_or_create(page_id=instance.pk, defaults=said)


def keep_all() -> None:
    """Rebuild the index, daily: for pages older than this table, and those that were changed past the signals."""
    for page in Page.objects.live().specific().iterator():
        save_words(type(page), page)
    PageWords.objects.exclude(page__live=True).delete()


def of(page: ReadingPage) -> list[Passage]:
    """Return the page's passages in the order of reading, with its own text fields at the head."""
    found = [Passage("", page.title, " ".join([page.search_description, *_fields(page)]).strip())]
    section = found[0]
    for child in page.body:
        if child.block_type == "heading":
            section = Passage(child.value["anchor"], child.value["text"], "")
            found.append(section)
        elif child.block_type == "question":
            question = child.value["question"]
            answer = child.block.child_blocks["answer"].get_searchable_content(child.value["answer"])
            found.append(Passage(extras.anchor(question), question, " ".join(answer)))
        else:
            more = " ".join(child.block.get_searchable_content(child.value))
            at = found.index(section)
            section = found[at] = section._replace(text=f"{section.text} {more}".strip())
    return found


def _fields(page: ReadingPage) -> list[str]:
    fields = [field for field in page.get_search_fields() if isinstance(field, index.SearchField)]
    return [str(field.get_value(page)) for field in fields if field.field_name not in ("title", "body")]
