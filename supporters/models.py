"""Supporters and consent: a person who gave, signed or asked for letters, and each yes and no they told us."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from foundation.append_only.models import AppendOnlyManager, AppendOnlyModel
from staff.columns import column
from supporters.newsletter.models import Delivery, Newsletter, NewsletterText

__all__ = [
    "ConsentEvent",
    "Delivery",
    "FormerAddress",
    "Newsletter",
    "NewsletterText",
    "Subscription",
    "SubscriptionRequest",
    "Supporter",
]


class Supporter(models.Model):
    """One person, identified by one canonical e-mail address. Supporters have no password and are not users."""

    email = models.EmailField(
        _("e-mail address"),
        max_length=320,
        help_text=_("As the person typed it when they last proved that it is theirs."),
    )
    canonical = models.CharField(
        _("mailbox"),
        max_length=320,
        unique=True,
        help_text=_("One form for all spellings of the address; not for sending."),
    )
    name = models.CharField(_("name"), max_length=200, blank=True)
    country = models.CharField(_("country"), max_length=2, blank=True)
    language = models.CharField(
        _("language"), max_length=12, default="en", help_text=_("Our letters are written in it.")
    )
    bounced_at = models.DateTimeField(
        _("bounced"), null=True, blank=True, help_text=_("When letters began to come back: the mailbox does not exist.")
    )
    complained_at = models.DateTimeField(
        _("complained"), null=True, blank=True, help_text=_("When the person marked a letter of ours as unwanted.")
    )
    created_at = models.DateTimeField(_("known since"), default=timezone.now, db_index=True)
    erased_at = models.DateTimeField(
        _("erased"), null=True, blank=True, editable=False, help_text=_("UTC. Nothing about the person is left here.")
    )

    sought_in = ("name", "email")  # what staff search for words (staff/search_index.py)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("supporter")
        indexes = [
            models.Index(Upper("email"), name="supporter_mailbox"),
            models.Index(fields=["country", "-id"], name="supporter_country"),
            models.Index(fields=["bounced_at"], name="supporter_bounced", condition=Q(bounced_at__isnull=False)),
            models.Index(
                fields=["complained_at"], name="supporter_complained", condition=Q(complained_at__isnull=False)
            ),
        ]
        verbose_name_plural = _("supporters")
        permissions = [
            ("export_supporter", "Can export supporters"),
            ("merge_supporter", "Can merge supporters, and undo it"),
        ]

    def __str__(self) -> str:
        return self.name_or_email()

    @column(_("name"), sorted_by="name")
    def name_or_email(self) -> str:
        """Display name in lists, also of somebody whose name we do not know."""
        return self.name or self.email or gettext("(erased)")

    @column(_("mailbox"))
    def mailbox_text(self) -> str:
        """Bounce and complaint status: what staff must know of the mailbox before they write to it."""
        if self.complained_at:
            return str(_("complained"))
        return str(_("letters come back")) if self.bounced_at else ""


class FormerAddress(models.Model):
    """An address that a supporter had before, so that erasure finds the letters that went there; and the number of a
    row that was merged into theirs, which links in its old letters name.
    """

    supporter = models.ForeignKey(Supporter, on_delete=models.CASCADE, related_name="former_addresses")
    email = models.EmailField(max_length=320, blank=True)  # empty once the person is erased
    number = models.PositiveBigIntegerField(null=True, unique=True)  # primary key of the row that is gone

    def __str__(self) -> str:
        return self.email or str(self.number)


class ConsentEvent(AppendOnlyModel):
    """Append-only consent: a yes or a no to one purpose, with the words that were shown. The newest counts."""

    class Purpose(models.TextChoices):
        LETTERS = "letters", _("letters by e-mail")
        REMINDERS = "reminders", _("yearly letter about a monthly gift")

    class Method(models.TextChoices):
        FORM = "form", _("ticked on a form")
        CONFIRMED = "confirmed", _("ticked on a form, confirmed by a mailed link")
        STAFF = "staff", _("written down by staff")
        STOPPED = "stopped", _("stopped by the link in a letter")
        COMPLAINT = "complaint", _("marked as unwanted in the mail program")

    supporter = models.ForeignKey(
        Supporter, on_delete=models.PROTECT, related_name="consent_events", verbose_name=_("supporter")
    )
    purpose = models.CharField(_("purpose"), max_length=30, choices=Purpose.choices)
    given = models.BooleanField(_("given"), help_text=_("Yes: given. No: withdrawn."))
    wording = models.TextField(_("wording"), help_text=_("Exactly as the person read it."))
    wording_sha256 = models.CharField(_("wording’s SHA-256"), max_length=64)
    locale = models.CharField(_("language"), max_length=12)
    where = models.CharField(_("page"), max_length=200)
    method = models.CharField(_("how"), max_length=12, choices=Method.choices)
    asked_at = models.DateTimeField(_("ticked at"), help_text=_("UTC. When the person said it."))
    at = models.DateTimeField(
        _("counts from"),
        default=timezone.now,
        help_text=_("UTC. When it was confirmed, where a letter confirms it."),
    )

    may_move = ("supporter",)  # the one field that may change: when two rows of one person are merged

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["supporter", "purpose", "-id"], name="consent_newest")]
        verbose_name = _("consent event")
        verbose_name_plural = _("consent events")

    def __str__(self) -> str:
        return f"{self.purpose}: {'given' if self.given else 'withdrawn'}"


class SubscriptionManager(AppendOnlyManager["Subscription"]):
    """The newest consent event to letters of each person, where that is a yes."""

    def get_queryset(self) -> Any:
        newer = ConsentEvent.objects.filter(
            supporter=models.OuterRef("supporter"), purpose=models.OuterRef("purpose"), pk__gt=models.OuterRef("pk")
        )
        wanted = super().get_queryset().filter(purpose=ConsentEvent.Purpose.LETTERS, given=True)
        return wanted.filter(~models.Exists(newer), supporter__erased_at=None).select_related("supporter")


class Subscription(ConsentEvent):
    """A newsletter subscriber, with the consent event that says so. Read from the consents; never written itself."""

    objects: ClassVar[SubscriptionManager] = SubscriptionManager()

    class Meta:
        proxy = True
        default_permissions = ("view",)
        permissions = [("export_subscription", "Can export subscribers")]
        verbose_name = _("subscriber")
        verbose_name_plural = _("subscribers")

    def __str__(self) -> str:
        return self.email()

    @column(_("e-mail address"), sorted_by="supporter__email")
    def email(self) -> str:
        return self.supporter.email

    @column(_("name"))
    def name(self) -> str:
        return self.supporter.name

    @column(_("mailbox"))
    def mailbox_text(self) -> str:
        return self.supporter.mailbox_text()


class SubscriptionRequest(models.Model):
    """Pending double opt-in: somebody typed an address. Nothing comes of it until its owner presses the mailed link."""

    email = models.EmailField(max_length=254)
    wording = models.TextField()  # as it was read
    locale = models.CharField(max_length=12)
    where = models.CharField(max_length=200, default="/subscribe/")  # path of the page
    asked_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        verbose_name = _("request for letters")

    def __str__(self) -> str:
        return date_format(timezone.localtime(self.asked_at), "DATE_FORMAT")


class StaffNote(models.Model):
    """What staff wrote about a person, who and when. It is theirs to read (export), and goes when they are erased."""

    supporter = models.ForeignKey(Supporter, on_delete=models.CASCADE, related_name="staff_notes")
    text = models.TextField(_("note"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("note of staff")
        default_permissions = ("add", "view")

    def __str__(self) -> str:
        return self.text[:80]


class Merge(models.Model):
    """Two rows that staff merged, with what moved, so that it can be undone (supporters/merging.py). `kept` is empty
    once it was undone or the person erased: it holds what the row that is gone said of them.
    """

    supporter = models.ForeignKey(Supporter, on_delete=models.CASCADE, related_name="merges")  # who stayed
    number = models.PositiveBigIntegerField()  # primary key of the row that went
    check_made = models.CharField(max_length=300, blank=True)  # how staff made sure
    kept = models.JSONField(default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    undone_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]
        verbose_name = _("merge")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.number)
