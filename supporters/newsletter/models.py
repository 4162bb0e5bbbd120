"""Newsletters: what staff write to all who agreed to letters, in each language, and who was sent which."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Newsletter(models.Model):
    """One newsletter. Its words may change while it is a draft; each reader gets those of their own language."""

    class State(models.TextChoices):
        DRAFT = "draft", _("draft")
        SENDING = "sending", _("being sent")
        PAUSED = "paused", _("paused")
        STOPPED = "stopped", _("stopped")
        SENT = "sent", _("sent")

    state = models.CharField(_("status"), max_length=10, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField(_("begun"), auto_now_add=True)
    sent_from = models.DateTimeField(_("sent from"), null=True)  # UTC; who agreed to letters by then is a reader
    ended_at = models.DateTimeField(_("ended"), null=True)
    runs = models.PositiveIntegerField(default=0)  # how often its sending was started or resumed

    class Meta:
        ordering = ["-id"]
        default_permissions = ("view", "change")
        permissions = [("send_newsletter", "Can send newsletters")]
        verbose_name = _("newsletter")
        verbose_name_plural = _("newsletters")

    def __str__(self) -> str:
        said = {text.language: text.subject for text in self.texts.all()}
        return said.get(settings.LANGUAGE_CODE) or next(iter(said.values()), gettext("Without words yet"))


class NewsletterText(models.Model):
    """The words of a newsletter in one language. No row: nobody who reads that language gets it."""

    newsletter = models.ForeignKey(Newsletter, on_delete=models.CASCADE, related_name="texts")
    language = models.CharField(_("language"), max_length=12)
    subject = models.CharField(_("subject"), max_length=150)
    preheader = models.CharField(_("preview line"), max_length=150, blank=True)
    body = models.TextField(_("words"))
    picture = models.ForeignKey(
        "wagtailimages.Image", null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    picture_alt = models.CharField(_("what the picture shows"), max_length=200, blank=True)

    class Meta:
        ordering = ["language"]
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["newsletter", "language"], name="newsletter_one_text_each")]

    def __str__(self) -> str:
        return f"{self.subject} ({self.language})"


class Delivery(models.Model):
    """That a newsletter was written to a supporter: once, whatever is started again or merged. Its letter says how far
    it came, also when its words are forgotten.
    """

    newsletter = models.ForeignKey(Newsletter, on_delete=models.PROTECT, related_name="deliveries")
    supporter = models.ForeignKey("supporters.Supporter", on_delete=models.PROTECT, related_name="newsletters")
    language = models.CharField(max_length=12)
    letter = models.OneToOneField("letters.Letter", on_delete=models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["newsletter", "supporter"], name="newsletter_once_to_each")]

    def __str__(self) -> str:
        return f"{self.newsletter_id} → {self.supporter_id}"
