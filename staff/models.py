"""Members of staff (supporters are not users: they have no password), and the files of lists that they wait for."""

import uuid
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, BaseUserManager
from django.db import models
from django.utils.translation import gettext_lazy as _


class UserManager(BaseUserManager["User"]):
    use_in_migrations = True

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a member of staff. Without a password nobody can sign in until one is chosen by an invitation link."""
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def in_charge(self) -> models.QuerySet["User"]:
        """Return the active administrators and superusers: those who may make other accounts."""
        found = models.Q(is_superuser=True) | models.Q(groups__name="Administrator")
        return self.filter(found, is_active=True).distinct()

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractUser):
    """A member of staff, who signs in by e-mail address."""

    username = None  # type: ignore[assignment]
    email = models.EmailField(_("e-mail address"), unique=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = UserManager()  # type: ignore[assignment,misc]

    def __str__(self) -> str:
        return self.get_full_name() or self.email


class Export(models.Model):
    """A large list that is being written to a file, or was (staff/export_jobs.py). One for each person and list; it
    goes with its file. Moments are UTC.

    `path` and `query` are the list's address as it was asked for: who may have it is asked there once more each time.
    """

    class Trouble(models.TextChoices):
        NONE = "", _("none")
        DISK = "disk", _("the disk is full")
        REFUSED = "refused", _("the list may not be exported any more")

    token = models.UUIDField(unique=True, default=uuid.uuid4)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="exports")
    path = models.CharField(max_length=200)
    query = models.TextField()
    data = models.JSONField()  # of the audit log: which list, as what, by which filters
    name = models.CharField(max_length=200)  # of the file
    machine = models.CharField(max_length=200, blank=True)  # on whose disk it stands
    done = models.PositiveIntegerField(default=0)  # rows
    rows = models.PositiveIntegerField(null=True)
    trouble = models.CharField(max_length=10, choices=Trouble.choices, blank=True, default="")
    asked_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "path"], name="export_one_of_each_list")]

    def __str__(self) -> str:
        return str(self.token)

    @property
    def job_key(self) -> str:
        return f"export:{self.token}"
