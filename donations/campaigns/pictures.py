"""Renditions of a campaign's pictures, made by a job once it is published, so that no reader waits for them."""

from typing import Any

from django.dispatch import receiver
from wagtail.images.models import AbstractImage
from wagtail.signals import published

from donations.models import Campaign
from foundation.jobs import lanes
from foundation.jobs import queue as jobs

KIND = "make-campaign-pictures"
SIZES = ("width-480", "width-960", "width-1440")  # as templates/donations/campaign_base.html asks for them


@receiver(published, sender=Campaign)
def enqueue_renditions(sender: type[Campaign], instance: Campaign, revision: Any = None, **kwargs: Any) -> None:
    """Signal receiver: enqueue a job once for each published revision; a campaign without pictures needs none."""
    if _pictures(instance):
        version = revision.pk if revision else instance.latest_revision_id
        jobs.enqueue(KIND, f"{KIND}:{instance.pk}:{version}", {"campaign": instance.pk})


@jobs.handler(KIND, lane=lanes.SLOW)
def make(args: dict[str, Any]) -> None:
    """Job: make the files of every picture in its story, in the sizes that its page offers."""
    campaign = Campaign.objects.shown().filter(pk=args["campaign"]).first()
    for picture in _pictures(campaign) if campaign else []:
        picture.get_renditions(*SIZES)


def _pictures(campaign: Campaign) -> list[AbstractImage]:
    """The picture above the story, and those in it. A picture that was deleted meanwhile is none."""
    told = [block.value for block in campaign.story if block.block_type == "picture"]
    return [picture for picture in (campaign.picture, *told) if picture]
