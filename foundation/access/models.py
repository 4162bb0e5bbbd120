"""Rows of access links (tokens of mailed links), rate limits (token buckets) and spent proofs of work."""

from django.db import models


class AccessLink(models.Model):
    """A mailed link with a token. Only its SHA-256 is stored, so that a reader of this table cannot use it."""

    token_sha256 = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=40)
    subject = models.CharField(max_length=100)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.purpose} for {self.subject}"


class TokenBucket(models.Model):
    """Token bucket of a rate limit: how many more times one client may do one action. The client is a keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    tokens = models.FloatField()
    filled_at = models.FloatField(db_index=True)  # seconds since the epoch, UTC

    def __str__(self) -> str:
        return self.key


class SpentProof(models.Model):
    """A proof of work that was accepted: the same answer is not accepted again (replay)."""

    nonce = models.CharField(max_length=64, primary_key=True)
    ends_at = models.FloatField(db_index=True)  # seconds since the epoch, UTC

    def __str__(self) -> str:
        return self.nonce
