"""Proof of work by altcha: a puzzle that a browser solves in a second or two, and that a robot pays for each time."""

import json
import secrets
import time
from base64 import b64decode, b64encode
from typing import Any

import altcha
from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from foundation.access.models import SpentProof

ALGORITHM = "PBKDF2/SHA-256"  # browsers have it built in, so that the work is not done by our script
COST = 5000  # rounds for each number that is tried
LEAST, MOST = 100, 300  # the number to be found: never so unlucky that a phone works for a minute
LIFE = 600  # seconds
LARGEST = 4000  # characters of an answer; ours have about 700


def challenge(purpose: str) -> str:
    """Return a new challenge, as JSON for static/js/prove.js. Its answer counts for this purpose only."""
    found = altcha.create_challenge(
        ALGORITHM,
        COST,
        counter=LEAST + secrets.randbelow(MOST - LEAST),
        expires_at=int(time.time()) + LIFE,
        data={"for": purpose},
        hmac_secret=_secret(),
    )
    return json.dumps(found.to_dict())


def accept(answer: str, purpose: str) -> bool:
    """Verify a proof of work: whether it answers a challenge of ours for that purpose, in time and for the first time.
    It is spent then.

    altcha verifies the same answer again and again: that it counts once is our row.
    """
    if not answer or len(answer) > LARGEST or not altcha.verify_solution(answer, _secret()).verified:
        return False
    asked: dict[str, Any] = json.loads(b64decode(answer))["challenge"]["parameters"]
    if asked.get("data") != {"for": purpose}:
        return False
    with transaction.atomic():
        _row, first = SpentProof.objects.get_or_create(
            nonce=asked["nonce"], defaults={"ends_at": float(asked["expiresAt"])}
        )
    return first


def solve(asked: str) -> str:
    """Solve a challenge as a browser would. For programs that stand in for one: drills and tests."""
    challenge = altcha.Challenge.from_dict(json.loads(asked))
    solution = altcha.solve_challenge(challenge)
    if solution is None:
        raise ValueError("no solution in time")
    return b64encode(json.dumps(altcha.Payload(challenge, solution).to_dict()).encode()).decode()


def sweep() -> None:
    """Delete spent proofs whose challenge has expired: altcha refuses them by itself."""
    SpentProof.objects.filter(ends_at__lt=time.time() - 60).delete()


def _secret() -> str:
    return salted_hmac("access.proof_of_work", "altcha", secret=settings.SECRET_KEY, algorithm="sha256").hexdigest()
