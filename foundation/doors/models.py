"""Links that open one door, and buckets that say who may knock again."""

from django.db import models


class AccessLink(models.Model):
    """A mailed link. Only its SHA-256 is kept, so that whoever reads this table cannot use it."""

    token_sha256 = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=40)
    subject = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} for {self.subject}"


class TokenBucket(models.Model):
    """How many more times one knocker may knock at one door. The knocker is a keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.FloatField()  # seconds since the epoch, UTC

    def __str__(self) -> str:
        return self.key


class SpentProof(models.Model):
    """A proof of work that was accepted: the same answer opens nothing again."""

    nonce = models.CharField(max_length=64, primary_key=True)
    ends_at = models.FloatField(db_index=True)  # seconds since the epoch, UTC

    def __str__(self) -> str:
        return self.nonce
