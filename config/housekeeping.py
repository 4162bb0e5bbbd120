"""Recurring jobs that span apps: scheduled publishing, the search index, and retention."""

from django.core.management import call_command

from awareness import page_words
from config import retention_rules
from foundation.access import proof_of_work
from foundation.jobs import queue as jobs


@jobs.every("day")
def forget() -> None:
    """Delete what is past its retention period, daily, and what has ended by itself: spent proofs of work, sessions."""
    retention_rules.run()
    proof_of_work.sweep()
    call_command("clearsessions")


@jobs.every("minute")
def publish_what_is_due() -> None:
    """Publish and expire scheduled pages, each minute. Wagtail only offers the command."""
    call_command("publish_scheduled", verbosity=0)


@jobs.every("day")
def index_pages() -> None:
    """Rebuild the search index, daily: every page, also those from before the index and those that a script changed."""
    page_words.keep_all()
