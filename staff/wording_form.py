"""The form for the words of one kind of letter: an unknown placeholder is refused with a sentence."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from foundation.access.card_numbers import NoCardNumbers
from foundation.letters import words
from foundation.letters.kinds import Kind


class WordingForm(NoCardNumbers, forms.Form):
    subject = forms.CharField(
        label=_("Subject"),
        max_length=150,
        help_text=_("Others may see it on a locked screen: let it say nothing of the cause."),
    )
    body = forms.CharField(
        label=_("Words"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 22, "dir": "auto"}),
        help_text=_(
            "An empty line begins a new paragraph; one in which a place has nothing to say is left out. "
            "[Words]({link}) on a line of its own becomes a button."
        ),
    )

    def __init__(self, *args: Any, kind: Kind, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind

    def clean_subject(self) -> str:
        subject = " ".join(self.cleaned_data["subject"].split())
        self._check(subject, self.kind.places)
        return subject

    def clean_body(self) -> str:
        body = str(self.cleaned_data["body"]).replace("\r\n", "\n").strip()
        places = [*self.kind.places, *(["facts"] if self.kind.facts else [])]
        self._check(body, places, self.kind.needed)
        return body

    def _check(self, text: str, places: list[str], needed: tuple[str, ...] = ()) -> None:
        try:
            words.check(text, places, needed)
            words.check_paragraphs(text, needed)
        except words.WordsError as error:
            raise forms.ValidationError(str(error), code="words") from error
