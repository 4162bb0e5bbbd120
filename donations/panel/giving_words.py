"""Panel list of the words of the giving page: one row a language, with ours where one is empty, and the page."""

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override
from wagtail.admin.forms import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, MultiFieldPanel, ObjectList
from wagtail.snippets.views.snippets import SnippetViewSet

from donations.models import GivingWords
from donations.models.giving_words import OURS
from foundation.access.card_numbers import NoCardNumbers


class GivingWordsForm(NoCardNumbers, WagtailAdminModelForm):
    """Form of one language's words. An empty field shows what stands there until somebody writes in it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        with override(self.instance.language or settings.LANGUAGE_CODE):
            ours = {name: str(words) for name, words in OURS.items()}
        for name, words in ours.items():
            field = self.fields[name]
            field.help_text = f"{field.help_text} {_('Empty: “%(words)s”') % {'words': words}}".strip()
            field.widget.attrs["placeholder"] = words

    def _has_card(self, name: str) -> bool:
        """The number of a bank account may well add up as a card's does, and is meant to be read."""
        return name != "transfer" and super()._has_card(name)


class GivingWordsViewSet(SnippetViewSet):
    """The words of the giving page and of each campaign's form."""

    model = GivingWords
    icon = "edit"
    menu_label = gettext_lazy("Words of giving")
    menu_order = 215
    add_to_admin_menu = True
    list_display = ["language", "heading", "intro"]
    search_backend_name = None
    copy_view_enabled = False
    edit_handler = ObjectList(
        base_form_class=GivingWordsForm,
        children=[
            FieldPanel("language"),
            MultiFieldPanel(
                [FieldPanel("heading"), FieldPanel("intro"), FieldPanel("monthly_hint"), FieldPanel("suggestion")],
                heading=gettext_lazy("On the form"),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("what_it_does"),
                    FieldPanel("picture"),
                    FieldPanel("picture_alt"),
                    FieldPanel("picture_credit"),
                    FieldPanel("stopping"),
                    FieldPanel("questions"),
                ],
                heading=gettext_lazy("Beside it"),
            ),
            MultiFieldPanel([FieldPanel("cheque"), FieldPanel("transfer")], heading=gettext_lazy("Other ways to give")),
            FieldPanel("thanks"),
        ],
    )
