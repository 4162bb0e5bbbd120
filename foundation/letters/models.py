"""An e-mail is a row: written with the fact it tells, sent once, seen by staff."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Letter(models.Model):
    """One e-mail to one address. The key says which one: the same key is never written twice."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        SENDING = "sending", _("being handed over")
        SENT = "sent", _("sent")
        FAILED = "failed", _("refused by the mail server")
        UNSURE = "unsure", _("perhaps sent: the worker died while handing it over")

    key = models.CharField(max_length=200, unique=True)
    template = models.CharField(max_length=80)
    to = models.EmailField(max_length=320)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    created_at = models.DateTimeField(auto_now_add=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("letter")

    def __str__(self) -> str:
        return f"{self.subject} ({self.to})"
