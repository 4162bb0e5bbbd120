"""Structured data for search engines (JSON-LD, schema.org): who we are, and data as a block that no browser runs."""

import json
from typing import Any

from django.conf import settings
from django.utils.safestring import SafeString, mark_safe

from foundation.organisation.models import Organisation

Data = dict[str, Any]
# "</script>" in a title must not end the block; the signs stay the same for whoever reads the JSON.
SAFE = {ord(sign): f"\\u{ord(sign):04X}" for sign in "<>&\u2028\u2029"}


def script(*things: Data) -> SafeString:
    """Return the element with the data. Its type makes it no script: the content security policy leaves it alone."""
    data = {"@context": "https://schema.org", "@graph": [filled(thing) for thing in things]}
    words = json.dumps(data, ensure_ascii=False, separators=(",", ":")).translate(SAFE)
    return mark_safe(f'<script type="application/ld+json">{words}</script>')  # noqa: S308 - translated above


def ngo(organisation: Organisation) -> Data:
    """The charity itself, as far as staff filled it in."""
    return {
        "@type": "NGO",
        "@id": f"{settings.BASE_URL}/#organisation",
        "name": organisation.name,
        "legalName": organisation.legal_name,
        "url": f"{settings.BASE_URL}/",
        "email": organisation.email,
        "telephone": organisation.phone,
        "address": ", ".join(line.strip() for line in organisation.address.splitlines() if line.strip()),
        "taxID": organisation.registration_number,
        "logo": settings.BASE_URL + organisation.logo_address if organisation.logo_address else "",
        "sameAs": [place.address for place in organisation.places],
    }


def us() -> Data:
    """The charity, named on a page that says more of something else."""
    return {"@id": f"{settings.BASE_URL}/#organisation"}


def filled(thing: Data) -> Data:
    """Without what is not known: an empty field says that there is nothing, not that nobody filled it in."""
    known = {name: filled(value) if isinstance(value, dict) else value for name, value in thing.items()}
    return {name: value for name, value in known.items() if value not in ("", None, [])}
