"""Publish the words of a pledge: always as a new version (append-only), because people signed the old one."""

from typing import Any

from django.db import transaction
from django.db.models import Max

from pledges import counting
from pledges.models import Pledge, PledgeText


@transaction.atomic
def publish(pledge: Pledge, text: str, is_sample: bool = False) -> PledgeText:
    """Append the next version of the pledge's words. Idempotent: the same words again are no new version."""
    text = text.replace("\r\n", "\n").strip()
    counting.lock(pledge.pk)
    newest = pledge.newest_text
    if newest and (newest.text, newest.is_sample) == (text, is_sample):
        return newest
    return _write(pledge, text=text, is_sample=is_sample)


@transaction.atomic
def translate(original: PledgeText, language: str, title: str, text: str) -> PledgeText:
    """Append a translation of this version. Who reads that language signs these words from then on."""
    text = text.replace("\r\n", "\n").strip()
    pledge = original.pledge
    counting.lock(pledge.pk)
    newest = original.said_in(language)
    if newest and (newest.title, newest.text) == (title, text):
        return newest
    said = {"original": original, "language": language, "title": title, "is_sample": original.is_sample}
    return _write(pledge, text=text, **said)


def _write(pledge: Pledge, **words: Any) -> PledgeText:
    """Append a row under the lock: versions in all languages share one sequence of numbers."""
    newest = pledge.texts.aggregate(newest=Max("version"))["newest"]
    return PledgeText.objects.create(pledge=pledge, version=(newest or 0) + 1, **words)
