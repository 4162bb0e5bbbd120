"""The sample pledge of a new site: neutral words that say they are a sample."""

from pledges import wording
from pledges.models import Pledge

SLUG = "abolitionist"
TITLE = "The Abolitionist Pledge"
TEXT = """\
Nobody may be bought, sold, or made to work or serve by force, threat or deceit.
I promise, for my part:
* I will learn what human trafficking is from sources that say where their numbers come from.
* I will ask what stands behind the things I buy, watch and share.
* I will speak of people who have experienced trafficking with respect, and leave their stories to them.
* When I see something that worries me, I will tell a hotline or the police, and not act on my own.
"""


def load() -> None:
    """Make the sample pledge if there is no pledge at all. What staff wrote is never touched."""
    if Pledge.objects.exists():
        return
    pledge = Pledge.objects.create(slug=SLUG, title=TITLE, is_main=True)
    wording.publish(pledge, TEXT, is_sample=True)
