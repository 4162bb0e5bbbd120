"""Stripe's webhook events as received, what of ours stands at Stripe, and the calls that it refused."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.livemode import OfSomeMoney, of_this_money
from staff.columns import column


class StripeEventQuerySet(models.QuerySet["StripeEvent"]):
    def counted(self) -> "StripeEventQuerySet":
        return self.filter(of_this_money())


class StripeEvent(OfSomeMoney):
    """One webhook event as it came in, with what became of it. It only points: the object itself is fetched anew."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        DONE = "done", _("done")
        IGNORED = "ignored", _("not for us")
        FAILED = "failed", _("failed")

    event_id = models.CharField(max_length=120, unique=True)
    type = models.CharField(max_length=120)
    object_id = models.CharField(max_length=120, blank=True)
    created = models.DateTimeField()  # at Stripe, to the second: no order can be read from it
    api_version = models.CharField(max_length=40, blank=True)
    payload = models.TextField()  # the body exactly as received
    received_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    note = models.TextField(blank=True)  # what staff should know: why it failed, what was unusual

    objects = StripeEventQuerySet.as_manager()
    sought_in = ("note",)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("Stripe event")
        indexes = [
            models.Index(fields=["type", "object_id"], name="event_object"),
            models.Index(fields=["state", "received_at"], name="event_state"),
            models.Index(fields=["received_at"], name="event_received"),
            models.Index(fields=["received_at"], name="event_noted", condition=~models.Q(note="")),  # hardly one
            models.Index(fields=["object_id"], name="event_of_object"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"

    @column(_("what happened"), sorted_by="type")
    def about_text(self) -> str:
        """Instead of the event's own id: with three long ids in a row the list would be wider than a screen."""
        return f"{self.type} {self.object_id}"

    @property
    def job_key(self) -> str:
        return f"stripe-event:{self.event_id}"


class StripeSetup(models.Model):
    """Ids of what we created on one Stripe account ("acct_…", with "/test" behind it for test keys)."""

    account = models.CharField(max_length=120, unique=True)
    product_once = models.CharField(max_length=120, blank=True)
    product_monthly = models.CharField(max_length=120, blank=True)
    product_yearly = models.CharField(max_length=120, blank=True)
    portal = models.CharField(max_length=120, blank=True)  # the configuration of Stripe's page for the card
    endpoint = models.CharField(max_length=120, blank=True)  # where Stripe sends its events
    methods = models.JSONField(default=list, blank=True)  # what its payment page offers ("card", …); empty: not known
    reconciled_at = models.DateTimeField(null=True, blank=True)  # when the last complete comparison began

    class Meta:
        verbose_name = _("Stripe account")

    def __str__(self) -> str:
        return self.account


class StripeTroubleQuerySet(models.QuerySet["StripeTrouble"]):
    def open(self) -> "StripeTroubleQuerySet":
        """Refusals that nobody has marked as resolved. There should be none."""
        return self.filter(settled_at=None)


class StripeTrouble(models.Model):
    """Why Stripe refused a call of ours, one row for each reason: it may have stopped people, so staff are told."""

    what = models.CharField(_("what"), max_length=160, unique=True)
    said = models.TextField(_("what Stripe said"), blank=True)
    mended = models.BooleanField(_("mended by the site"), default=False)  # the call was made again and went through
    times = models.PositiveIntegerField(_("times"), default=0)
    told = models.PositiveIntegerField(default=0)  # letters to staff: one each time that it begins anew
    first_at = models.DateTimeField(_("since"))
    last_at = models.DateTimeField(_("last"))
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = StripeTroubleQuerySet.as_manager()

    class Meta:
        ordering = ["-last_at"]
        verbose_name = _("refusal of Stripe's")
        verbose_name_plural = _("refusals of Stripe's")

    def __str__(self) -> str:
        return self.what
