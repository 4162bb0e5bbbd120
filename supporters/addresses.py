"""E-mail normalisation: one form for all spellings of a mailbox. Never for sending: letters go to what was typed."""

import re
from contextlib import suppress

from django.utils.encoding import punycode

# Google ignores dots in the part before the @, and these two domains are one.
DOTS_DO_NOT_COUNT = frozenset({"gmail.com"})
SAME_DOMAIN = {"googlemail.com": "gmail.com"}

# Hosts with plus addressing, where "name+anything" reaches "name" in every mailbox. Elsewhere a plus is a letter like
# any other: two mailboxes that may belong to two people are never taken for one.
PLUS_IS_A_NOTE = frozenset(
    ["gmail.com", "msn.com", "icloud.com", "me.com", "mac.com", "fastmail.com", "fastmail.fm"]
    + ["proton.me", "protonmail.com", "pm.me"]
    + [f"outlook.{end}" for end in ("com", "co.uk", "com.au", "com.br", "de", "es", "fr", "it", "jp")]
    + [f"hotmail.{end}" for end in ("com", "co.uk", "com.au", "com.br", "de", "es", "fr", "it")]
    + [f"live.{end}" for end in ("com", "co.uk", "com.au", "de", "fr", "it", "nl")]
)
QUOTED = re.compile(r'"(.*)"')
PLAIN = re.compile(r"[^\s\"\\@(),:;<>\[\]]+")


def canonical(email: str) -> str:
    """Return the canonical form of an e-mail address, a key for its mailbox: without case, needless quotes and what the
    mailbox's host ignores, its domain in one spelling. It names a mailbox among our rows; it may not be deliverable.

    One rule may uncover work for another ("0 ." ends in a blank once its dot is gone), so they run until none changes
    anything: canonical() is idempotent.
    """
    while (plainer := _plainer(email)) != email:
        email = plainer
    return email


def _plainer(email: str) -> str:
    """Apply every rule once."""
    local, _, domain = email.strip().rpartition("@")
    local, domain = _unquoted(local).lower(), _domain(domain)
    if domain in PLUS_IS_A_NOTE:
        # A mailbox cannot have an empty name: "+note@" is left as it is.
        local = local.partition("+")[0] or local
    if domain in DOTS_DO_NOT_COUNT:
        local = local.replace(".", "") or local
    return f"{local}@{domain}"


def _domain(domain: str) -> str:
    """Lower case and the ASCII form (IDNA) that mail is sent to, so that "müller.example" has one spelling."""
    domain = domain.lower()
    with suppress(UnicodeError):  # then it is no domain that mail could reach, and stays distinct
        domain = punycode(domain).lower()
    domain = domain.rstrip(".")
    return SAME_DOMAIN.get(domain, domain)


def _unquoted(local: str) -> str:
    """`"john"@…` is the mailbox of `john@…`; quotes that are needed stay."""
    quoted = QUOTED.fullmatch(local)
    if not quoted:
        return local
    bare = re.sub(r"\\(.)", r"\1", quoted[1])
    return bare if PLAIN.fullmatch(bare) else local
