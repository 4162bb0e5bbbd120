"""Publish the words of a pledge: always as a new version, because people signed the old one."""

from django.db import transaction

from pledges import counting
from pledges.models import Pledge, PledgeText


@transaction.atomic
def publish(pledge: Pledge, text: str, is_sample: bool = False) -> PledgeText:
    """The next version of the pledge's words. The same words again are no new version."""
    text = text.replace("\r\n", "\n").strip()
    counting.lock(pledge.pk)
    newest = pledge.newest_text
    if newest and (newest.text, newest.is_sample) == (text, is_sample):
        return newest
    version = newest.version + 1 if newest else 1
    return PledgeText.objects.create(pledge=pledge, version=version, text=text, is_sample=is_sample)
