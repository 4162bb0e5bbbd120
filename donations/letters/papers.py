"""Receipts and yearly statements as files: PDF with the facts of the letter, and CSV for the tax adviser's program."""

import csv
import io
import logging
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language, override
from django.utils.translation import gettext as _

from donations.letters import receipt_facts, statements
from donations.models import Gift, Receipt
from foundation.drawing import art, pdf
from foundation.organisation import colours, logo, tax_years
from foundation.organisation.models import Organisation
from staff.cells import inert
from supporters import supporters

PDF = "application/pdf"
log = logging.getLogger(__name__)


def receipt(document: Receipt) -> pdf.Drawn:
    """Draw a receipt as PDF in its donor's language: the lines and sentences of its letter, always the same bytes.

    Raises typst.TypstError.
    """
    gift = document.gift
    with override(gift.supporter.language if gift.supporter else gift.language):
        return _receipt(document)


def _receipt(document: Receipt) -> pdf.Drawn:
    house = _house(document.entity, document.entity_address, document.series, document.is_demo)
    thanks = "" if document.is_void else _("Thank you for your gift.")
    title = _("Receipt %(number)s")
    if document.is_thanks:
        thanks = "" if document.is_void else _("Thank you for recommending this gift.")
        title = _("Thank you %(number)s: no receipt for tax")
    return pdf.draw(
        "paper",
        {
            **house,
            "title": title % {"number": document.label},
            "deck": "" if document.is_demo else thanks,
            "number": document.label,
            "lines": [line._asdict() for line in receipt_facts.lines(document)],
            "tables": [],
            "sentences": [*receipt_facts.statements(document), *_way(document.gift)],
            "check_words": _("Anybody who holds the number and the code can check this here:")
            if document.is_thanks
            else _("Anybody who holds the number and the code can check this receipt here:"),
            "check": check_address(document),
            "seal": art.seal_file(document.label, house["band"]),
        },
        document.issued_at,
    )


def statement(found: statements.Statement) -> pdf.Drawn:
    """Draw the statement of a year as PDF. Raises typst.TypstError."""
    first = found.parts[0] if found.parts else None
    house = _house(first.entity, first.address, first.series, found.demo) if first else _house("", "", "", found.demo)
    return pdf.draw(
        "paper",
        {
            **house,
            "title": _("Statement %(year)s") % {"year": found.year.label},
            "deck": ", ".join(found.givers),
            "number": found.year.label,
            "lines": [],
            "tables": [_table(part, found.giver_beside(part)) for part in found.parts],
            "sentences": [_("These gifts, and a receipt of each, are on My page: %(page)s") % {"page": my_page()}],
            "check_words": "",
            "check": "",
            "seal": art.seal_file(f"statement-{found.year.slug}", house["band"]),
        },
        timezone.now(),
    )


def statement_csv(found: statements.Statement) -> str:
    """Return the same rows as CSV: sums in plain digits, and text that no spreadsheet takes for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    head = [_("date"), _("receipt"), _("received by"), _("amount"), _("currency"), _("given"), _("description")]
    writer.writerow([*head, _("received from")])
    for part in found.parts:
        for row in part.rows:
            cells = [row.receipt, part.entity, row.plain, row.currency, row.how, row.description, part.giver]
            writer.writerow([row.day.isoformat(), *map(inert, cells)])
    return out.getvalue()


def attachment(document: str) -> tuple[str, bytes, str] | None:
    """Return the attachment of a letter: name, content, MIME type. "receipt:<id>" or "statement:<tax year's
    slug>:<supporter>".

    None when it cannot be drawn: the letter says all facts itself and must not wait for its attachment.
    """
    kind, _colon, rest = document.partition(":")
    try:
        if kind == "receipt":
            found = Receipt.objects.get(pk=int(rest))
            return f"{found.label}.pdf", receipt(found).content, PDF
        slug, _colon, number = rest.partition(":")
        year = tax_years.named(slug)
        reader = supporters.numbered(int(number))  # two rows may have been merged since it was written
        if reader is None or year is None:
            raise LookupError(rest)
        return f"statement-{slug}.pdf", statement(statements.of(reader.pk, year)).content, PDF
    except Exception as error:  # whatever it is: a letter without its file is better than none
        log.error("no file for %s: %s", document, type(error).__name__)
        return None


def receipt_file(document: Receipt) -> HttpResponse:
    """Response with a receipt to download. The caller has checked that the reader may have it."""
    return _file(f"{document.label}.pdf", receipt(document).content, PDF)


def statement_file(supporter: int, year: int, kind: str) -> HttpResponse:
    """Response with a statement to download, kind "pdf" or "csv". The caller has checked who may have it."""
    found = statements.of(supporter, year)
    if kind == "csv":
        return _file(
            f"statement-{found.year.slug}.csv", statement_csv(found).encode("utf-8-sig"), "text/csv; charset=utf-8"
        )
    return _file(f"statement-{found.year.slug}.pdf", statement(found).content, PDF)


def my_page() -> str:
    """Return the URL of My page, where donors manage their own giving, in the language of this moment."""
    return settings.BASE_URL + reverse("supporters:my")


def _way(gift: Gift) -> list[str]:
    """The way to change or stop a gift that repeats, for who keeps the paper and not the letter."""
    if not gift.repeats:
        return []
    words = _("To see, change or stop this %(pace)s gift, open My page: %(page)s")
    return [words % {"pace": gift.pace, "page": my_page()}]


def check_address(document: Receipt) -> str:
    return settings.BASE_URL + reverse("donations:checked", args=[document.label, document.code])


def _file(name: str, content: bytes, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["Cache-Control"] = "no-store, private"
    answer["X-Robots-Tag"] = "noindex"
    answer["Referrer-Policy"] = "no-referrer"
    return answer


def _house(entity: str, address: str, series: str, demo: bool) -> dict[str, Any]:
    """What stands on every paper: who sends it and how it looks, and that a demonstration's is none.

    The name and the address are the document's. What a paper wears, and where somebody can be reached, is today's; none
    of it on a paper of an entity that we were before, whose series was another: it was never its.
    """
    organisation = Organisation.load()
    ours = series.removeprefix(Receipt.THANKS) in ("", Receipt.DEMO, organisation.receipt_series)
    if ours and not address:  # written before receipts kept it
        address = organisation.address
    reach = [*address.splitlines(), organisation.email if ours else ""]
    worn = organisation.worn() if ours else colours.worn("", "", "")
    picture = logo.png() if ours else None
    return {
        "sender": entity or organisation.name,
        "address": [line for line in reach if line.strip()],
        "lang": (get_language() or "en").partition("-")[0],
        "paper": "us-letter" if _american(organisation.zone) else "a4",
        "warning": _("NOT A RECEIPT") if demo else "",
        "warning_why": _("This comes from a demonstration. No money has moved."),
        "line": art.line_file(worn["band"], worn["button"]),
        "band": worn["band"],
        "logo": art.picture_file(picture) if picture else "",
        "logo_words": _("Logo of %(name)s") % {"name": organisation.name},
    }


def _american(zone: ZoneInfo) -> bool:
    """Where people print on Letter rather than A4, near enough."""
    return zone.key.startswith(("America/", "US/", "Canada/"))


def _table(part: statements.Part, giver: str) -> dict[str, Any]:
    """One part, headed with its `giver` too where it is given one. Dates do not break, what was given does."""
    heading = part.entity + (f", {part.registration_number}" if part.registration_number else "")
    if giver:
        heading = _("%(giver)s to %(entity)s") % {"giver": giver, "entity": heading}
    return {
        "heading": heading,
        "head": [_("Date"), _("Receipt"), _("Given"), _("Amount")],
        "widths": ["auto", "auto", "rest", "auto"],
        "numbers": [3],
        "rows": [[row.day_text, row.receipt, row.description or row.how, row.amount] for row in part.rows],
        "totals": [_("Total %(sum)s") % {"sum": total} for total in part.totals],
        "sentences": part.sentences,
    }
