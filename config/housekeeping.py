"""Daily work that spans apps: forgetting what nobody needs any more."""

from django.core.management import call_command

from foundation.doors import limits, links
from foundation.jobs import queue as jobs


@jobs.every("day")
def forget() -> None:
    """Old links, full buckets, ended sessions."""
    links.sweep()
    limits.sweep()
    call_command("clearsessions")
