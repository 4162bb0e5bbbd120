"""The outbox: an e-mail is a row, written with the fact it tells, sent once, seen by staff."""

from collections.abc import Iterable

from django.db import models
from django.db.models.functions import Upper
from django.utils.translation import gettext_lazy as _


class LetterQuerySet(models.QuerySet["Letter"]):
    def to_any(self, addresses: Iterable[str]) -> "LetterQuerySet":
        """Letters to one of these addresses, however they are written in capitals. An index finds them."""
        wanted = [Upper(models.Value(address)) for address in addresses]
        return self.alias(reader=Upper("to")).filter(reader__in=wanted)


class Letter(models.Model):
    """One e-mail to one address. The key (idempotency key) says which one: the same key is never written twice."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being handed over")
        SENT = "sent", _("sent")
        FAILED = "failed", _("refused by the mail server")
        UNSURE = "unsure", _("perhaps sent: the worker or the mail server went away while it was handed over")
        FORGOTTEN = "forgotten", _("its reader was erased before it was sent")
        WITHHELD = "withheld", _("not sent: its reader or staff stopped it before its turn")

    NOT_THERE = (State.FAILED, State.UNSURE)  # what staff may send again, and nothing else does

    key = models.CharField(max_length=200, unique=True)
    template = models.CharField(max_length=80)
    to = models.EmailField(max_length=320)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    stop_url = models.CharField(max_length=500, blank=True)  # RFC 8058: one press there, and no more such letters
    job = models.CharField(max_length=60, default="send-letter")  # the kind of job that sends it
    document = models.CharField(max_length=80, blank=True)  # what is drawn and attached: "receipt:17"; or "picture:3"
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    tries = models.PositiveIntegerField(_("tries"), default=0)  # that ended with a request to wait

    objects = LetterQuerySet.as_manager()
    sought_in = ("subject", "to")  # what staff search for words (staff/search_index.py)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("letter")
        indexes = [
            models.Index(Upper("to"), name="letter_reader"),
            models.Index(fields=["state", "-id"], name="letter_state"),
            models.Index(fields=["template", "-id"], name="letter_template"),
            models.Index(fields=["created_at"], name="letter_written"),
            models.Index(fields=["sent_at"], name="letter_sent"),
        ]

    def __str__(self) -> str:
        return f"{self.subject} ({self.to})"


class MailThrottle(models.Model):
    """Throttle of all letters, one row: until when they wait because of the mail server or our account there, and when
    the next may leave (seconds since 1970) where only so many a minute do.
    """

    held_until = models.DateTimeField(null=True)
    since = models.DateTimeField(null=True)
    ours = models.BooleanField(default=False)  # waiting mends nothing: somebody must put the settings right
    why = models.TextField(blank=True)
    failures = models.PositiveIntegerField(default=0)
    settings = models.CharField(max_length=64, blank=True)  # a keyed hash of those that it was said of
    next_at = models.FloatField(default=0)

    def __str__(self) -> str:
        return self.why


class LetterWording(models.Model):
    """Words that staff wrote in the place of ours, for one kind of letter in one language. No row: ours stand."""

    key = models.CharField(_("letter"), max_length=80)
    language = models.CharField(_("language"), max_length=12)
    subject = models.CharField(_("subject"), max_length=150)
    body = models.TextField(_("words"))
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("wording of a letter")
        verbose_name_plural = _("wordings of letters")
        constraints = [models.UniqueConstraint(fields=["key", "language"], name="wording_one_for_each_letter")]

    def __str__(self) -> str:
        return f"{self.key} ({self.language})"
