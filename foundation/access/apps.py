"""Access: rate limits, tokens of mailed links, spam protection."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "foundation.access"
    verbose_name = "Access: rate limits, tokens, spam"
