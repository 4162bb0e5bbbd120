"""Regular work that spans apps: pages that are due, what search knows, and forgetting what nobody needs any more."""

from django.core.management import call_command

from awareness import page_words
from config import forgetting
from foundation.doors import proof
from foundation.jobs import queue as jobs


@jobs.every("day")
def forget() -> None:
    """What the table of retention says, and what has ended by itself: spent proofs, sessions."""
    forgetting.run()
    proof.sweep()
    call_command("clearsessions")


@jobs.every("minute")
def publish_what_is_due() -> None:
    """Pages whose hour has come appear, and those whose hour is over go. Wagtail only offers the command."""
    call_command("publish_scheduled", verbosity=0)


@jobs.every("day")
def learn_pages() -> None:
    """Search knows every page, also those that were there before it and those that a script changed."""
    page_words.keep_all()
