"""Contact messages and our answers to them, as rows with a retention period after the last answer."""

from django.db import models
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from foundation.organisation import retention_periods


class MessageQuerySet(models.QuerySet["Message"]):
    def waiting(self) -> "MessageQuerySet":
        return self.filter(state=Message.State.NEW)

    def over(self) -> "MessageQuerySet":
        """Messages that are past their retention period."""
        return self.filter(last_word_at__lt=retention_periods.end("messages"))


class Message(models.Model):
    """A message from the contact form."""

    class State(models.TextChoices):
        NEW = "new", _("waits for an answer")
        ANSWERED = "answered", _("answered")
        CLOSED = "closed", _("closed without an answer")

    reason = models.CharField(_("reason"), max_length=80)  # as text: the page's reasons may change
    name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail address"), max_length=254)
    text = models.TextField(_("message"))
    language = models.CharField(_("language"), max_length=12, blank=True)  # of the page it came by, and of our answer
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.NEW)
    received_at = models.DateTimeField(_("received"), default=timezone.now)
    last_word_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        verbose_name = _("message")
        verbose_name_plural = _("messages")

    def __str__(self) -> str:
        return f"{self.reason}: {self.name or self.email}"


class Answer(models.Model):
    """Our answer. It was sent as a letter."""

    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="answers", verbose_name=_("message"))
    text = models.TextField(_("answer"))
    by = models.CharField(_("by"), max_length=254)
    at = models.DateTimeField(_("at"), default=timezone.now)

    class Meta:
        ordering = ["id"]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")

    def __str__(self) -> str:
        return f"{self.by}, {date_format(timezone.localtime(self.at), 'DATE_FORMAT')}"
