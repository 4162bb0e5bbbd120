"""Encryption (Fernet) of second factors' secrets, so that a copy of the database alone does not open the panel."""

import base64
import hashlib
import secrets

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def seal(text: str) -> str:
    return _keys().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Decrypt the secret. With another SECRET_KEY than it was encrypted with (and none of SECRET_KEY_FALLBACKS fits),
    return a random one that no code fits: the factor fails closed, without an error page.
    """
    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return base64.b32encode(secrets.token_bytes(20)).decode()


def _keys() -> MultiFernet:
    known = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    hashes = [hashlib.sha256(b"staff.sealing:" + key.encode()).digest() for key in known]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(each)) for each in hashes])
