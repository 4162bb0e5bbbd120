"""Signs of card testing: Checkout Sessions that were begun, cards that were declined, and the circuit breaker."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from donations.models.gifts import Gift


class Opening(models.Model):
    """Where and by whom a Checkout Session was asked for, as keyed hashes that are forgotten after two days."""

    gift = models.OneToOneField(Gift, on_delete=models.CASCADE, related_name="opening")
    address = models.CharField(max_length=64, db_index=True)
    network = models.CharField(max_length=64, db_index=True, default="")  # the block around the address
    mailbox = models.CharField(max_length=64, db_index=True)
    vouched = models.BooleanField()  # a known browser or address, or work was proved
    held = models.BooleanField(default=False)  # waits for the mailed link: no Checkout Session is created before
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return f"{self.gift_id} at {self.at:%H:%M}"


class CardTry(models.Model):
    """One card on one Checkout Session, as Stripe told us of it. The card is a keyed hash of Stripe's fingerprint."""

    charge_id = models.CharField(max_length=120, unique=True)
    gift = models.ForeignKey(Gift, on_delete=models.CASCADE, related_name="card_tries")
    card = models.CharField(max_length=64)
    declined = models.BooleanField()
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.charge_id} {'declined' if self.declined else 'paid'}"


class Breaker(models.Model):
    """Circuit breaker, one row: until when unknown browsers do a proof of work, and what came of it since it opened."""

    class Reason(models.TextChoices):
        DECLINES = "declines", _("many cards were refused")
        BEGUN = "begun", _("many gifts were begun and not paid")
        SMALL = "small", _("many of the smallest gifts were begun and not paid")
        SAME = "same", _("many gifts of one small sum were begun and not paid")

    reason = models.CharField(max_length=10, choices=Reason.choices, blank=True)
    trips = models.PositiveIntegerField(default=0)
    opened_at = models.DateTimeField(null=True)
    closes_at = models.DateTimeField(null=True)
    asked = models.PositiveIntegerField(default=0)
    proved = models.PositiveIntegerField(default=0)
    mailed = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.trips} trips"
