"""Job queue: one row for each piece of work that must happen, and the heartbeats of workers."""

from datetime import datetime

from django.db import models
from django.utils.translation import gettext_lazy as _


class Job(models.Model):
    """A job of the queue, with a key that makes it unique (idempotency key). Holds ids, never names or addresses.

    All moments are UTC. A running job whose lease has ended belongs to nobody and is run again.
    """

    class State(models.TextChoices):
        READY = "ready", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        DEAD = "dead", _("failed")

    kind = models.CharField(max_length=60)
    key = models.CharField(max_length=200, unique=True)
    lane = models.CharField(max_length=20, default="main", db_default="main")
    # Whom it is about ("cus_…"): of one group no two jobs run at once. Empty: it is about itself.
    group = models.CharField(max_length=120, blank=True, default="", db_default="")
    args = models.JSONField(default=dict, blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.READY)
    run_at = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["state", "run_at"], name="job_due"),
            models.Index(fields=["state", "lane", "run_at", "id"], name="job_next"),
            models.Index(fields=["group", "state"], name="job_group"),
        ]
        verbose_name = _("job")

    def __str__(self) -> str:
        return self.key

    @property
    def due_at(self) -> datetime:
        """`run_at` as people read it (UTC): what goes before all that waits is dated back, and never ran before it was
        made.
        """
        return max(self.run_at, self.created_at)


class Heartbeat(models.Model):
    """Heartbeat: when a worker last looked for work, so that staff and monitors see a dead one."""

    worker = models.CharField(max_length=80, unique=True)
    beat_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.worker
