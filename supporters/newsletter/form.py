"""The form for the words of a newsletter in one language."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model
from wagtail.images.widgets import AdminImageChooser

from foundation.access.card_numbers import NoCardNumbers
from foundation.letters import words
from supporters.newsletter import prose
from supporters.newsletter.models import NewsletterText
from supporters.newsletter.writing import Words


class NewsletterForm(NoCardNumbers, forms.Form):
    """Subject, preview line and words are refused with a sentence where they would not become a letter."""

    subject = forms.CharField(
        label=_("Subject"),
        max_length=150,
        help_text=_(
            "An inbox may be watched, and a locked screen shows this line. A subject that names neither the cause nor "
            "what we do endangers nobody: “News for November”, for instance."
        ),
    )
    preheader = forms.CharField(
        label=_("Preview line"),
        max_length=150,
        required=False,
        help_text=_("Most mail programs show it behind the subject, on locked screens too. Empty: the first words."),
    )
    picture = forms.ModelChoiceField(
        queryset=get_image_model().objects.none(),
        label=_("Picture"),
        required=False,
        widget=AdminImageChooser,
        help_text=_("One, above the words. It travels in the letter, so that opening the letter tells nobody."),
    )
    picture_alt = forms.CharField(
        label=_("What the picture shows"),
        max_length=200,
        required=False,
        help_text=_("For whoever cannot see it, or whose mail program shows no pictures."),
    )
    body = forms.CharField(
        label=_("Words"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 22, "dir": "auto"}),
        help_text=_(
            "An empty line begins a new paragraph. “# ” before a line makes it a heading, “## ” a smaller one, “- ” an "
            "item of a list. **Words** are bold; [words](https://example.org/) is a link, and a button when it stands "
            "alone. {name}, {organisation} and {contact} are filled in; a paragraph with {name} is left out for "
            "whoever told us none."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["picture"].queryset = get_image_model().objects.all()  # type: ignore[attr-defined]

    def clean_subject(self) -> str:
        return self._line("subject")

    def clean_preheader(self) -> str:
        return self._line("preheader")

    def clean_body(self) -> str:
        body = str(self.cleaned_data["body"]).replace("\r\n", "\n").strip()
        _refused(prose.check, body)
        return body

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("picture") and not cleaned.get("picture_alt", "").strip():
            self.add_error("picture_alt", gettext("Please say what the picture shows: many readers do not see it."))
        return cleaned

    def _line(self, name: str) -> str:
        said = " ".join(self.cleaned_data[name].split())
        _refused(words.check, said, ("organisation",))
        return said

    def words(self) -> Words:
        typed = self.cleaned_data
        picture = typed["picture"]
        return Words(
            typed["subject"], typed["preheader"], typed["body"], picture.pk if picture else None, typed["picture_alt"]
        )


def initial(text: NewsletterText | None) -> dict[str, Any]:
    if text is None:
        return {}
    fields = ("subject", "preheader", "body", "picture_alt")
    return {**{name: getattr(text, name) for name in fields}, "picture": text.picture_id}


def _refused(check: Any, *said: Any) -> None:
    try:
        check(*said)
    except words.WordsError as error:
        raise forms.ValidationError(str(error), code="words") from error
