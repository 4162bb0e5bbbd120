"""Regular work that spans apps: pages that are due, what search knows, and forgetting what nobody needs any more."""

from django.core.management import call_command

from awareness import page_words
from foundation.doors import limits, links, proof
from foundation.jobs import queue as jobs
from foundation.letters import forgetting


@jobs.every("day")
def forget() -> None:
    """Old links, the words of old letters, full buckets, ended sessions."""
    links.sweep()
    limits.sweep()
    proof.sweep()
    forgetting.old_words()
    call_command("clearsessions")


@jobs.every("minute")
def publish_what_is_due() -> None:
    """Pages whose hour has come appear, and those whose hour is over go. Wagtail only offers the command."""
    call_command("publish_scheduled", verbosity=0)


@jobs.every("day")
def learn_pages() -> None:
    """Search knows every page, also those that were there before it and those that a script changed."""
    page_words.keep_all()
