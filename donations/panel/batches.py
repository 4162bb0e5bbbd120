"""Panel pages of cheques that are typed together: the list of batches, one that is open, and one that is booked."""

import uuid
from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe
from wagtail.admin import messages
from wagtail.log_actions import log

from donations import money
from donations.giving import batches
from donations.models import Batch
from donations.panel.batch_form import MORE, ROWS, BatchForm, typed_in
from foundation.letters.models import Letter

MAY = "donations.add_gift"  # who may enter one gift
LABEL = _("Cheques, many at once")
SHOWN = 50  # batches on the list, the newest ones


@require_safe
@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """View: the batches, those that are open first."""
    _check(request)
    rows = Batch.objects.select_related("started_by")
    booked = rows.exclude(booked_at=None)[:SHOWN]
    context = {"label": LABEL, "open": rows.filter(booked_at=None), "booked": booked}
    return render(request, "donations/batches_panel.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """View: an empty batch. The first press makes its row; a form that is sent twice begins one."""
    _check(request)
    if request.method == "POST":
        attempt = str(request.POST.get("attempt", ""))[:64] or str(uuid.uuid4())
        typed = typed_in(request.POST)
        batch = batches.begin(attempt, typed, request.user)
        if batch.is_open and batch.typed != typed:  # somebody went back to the empty page, and typed on
            return _another(request, batch)
        return _pressed(request, batch)
    return _page(request, None, BatchForm({}), attempt=str(uuid.uuid4()))


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def one(request: HttpRequest, pk: int) -> HttpResponse:
    """View: an open batch to type into, or a booked one with its gifts, to look at and to print."""
    _check(request)
    batch = get_object_or_404(Batch, pk=pk)
    if not batch.is_open and request.method == "POST":  # sent twice
        return redirect("donations_batch", batch.pk)
    if not batch.is_open:
        return _booked(request, batch)
    if request.method != "POST":
        return _page(request, batch, BatchForm(batch.typed, _asked(request)))
    try:
        version = int(request.POST.get("version", ""))
    except ValueError:
        version = -1
    try:
        batch = batches.save(batch, typed_in(request.POST), version)
    except batches.ChangedMeanwhileError:
        batch.refresh_from_db()
        if not batch.is_open:
            return redirect("donations_batch", batch.pk)
        return _another(request, batch)
    return _pressed(request, batch)


def _another(request: HttpRequest, batch: Batch) -> HttpResponse:
    """What was typed here stands beside what was saved from another page: whoever typed decides."""
    words = gettext(
        "This batch was saved from another page meanwhile. Press once more to keep what stands here instead."
    )
    messages.error(request, words)
    return _page(request, batch, BatchForm(typed_in(request.POST), _asked(request)), status=409)


def _pressed(request: HttpRequest, batch: Batch) -> HttpResponse:
    """What the button asked for, once all that was typed is kept."""
    if not batch.is_open:
        return redirect("donations_batch", batch.pk)
    if "book" not in request.POST:
        rows = _asked(request) + (MORE if "more" in request.POST else 0)
        answer = redirect("donations_batch", batch.pk)
        answer["Location"] += f"?rows={rows}" if rows != ROWS else ""
        return answer
    form = BatchForm(batch.typed, _asked(request))
    if not form.is_right:
        return _page(request, batch, form, refused=True, status=422)
    if batches.book(batch, form.slip_form.slip, form.cheques):
        batch.refresh_from_db()
        words = gettext("%(count)s cheques, %(sum)s together, are in the books, each with its receipt.")
        sentence = words % {"count": batch.count, "sum": batch.total_text()}
        data = {"action": "book-batch", "label": str(LABEL), "sentence": sentence}
        log(batch, "staff.action", user=request.user, data=data)
        messages.success(request, sentence)
    return redirect("donations_batch", batch.pk)


def _asked(request: HttpRequest) -> int:
    """How many rows the page shows."""
    asked = request.POST.get("rows") or request.GET.get("rows") or ""
    return int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 4 else ROWS


def _page(
    request: HttpRequest,
    batch: Batch | None,
    form: BatchForm,
    attempt: str = "",
    refused: bool = False,
    status: int = 200,
) -> HttpResponse:
    if not form.slip_form.is_bound or not form.slip_form.is_valid():
        at = "slip"
    else:
        at = str(form.wrong[0] - 1 if refused and form.wrong else min(form.next, form.shown - 1))
    for number, row in enumerate(form.rows):
        if at == str(number):
            row.fields["amount"].widget.attrs["autofocus"] = True
    if at == "slip":
        form.slip_form.fields["banked_on"].widget.attrs["autofocus"] = True
    context = {"label": LABEL, "batch": batch, "form": form, "attempt": attempt, "refused": refused}
    return render(request, "donations/batch_panel.html", context, status=status)


def _booked(request: HttpRequest, batch: Batch) -> HttpResponse:
    gifts = list(
        batch.gifts.with_returns().select_related("fund", "campaign").prefetch_related("receipts").order_by("pk")
    )
    keys = {f"receipt:{gift.reference}" for gift in gifts}
    mailed = set(Letter.objects.filter(key__in=keys).values_list("key", flat=True))
    rows = [(gift, f"receipt:{gift.reference}" in mailed) for gift in gifts]
    now = sum(gift.total + gift.returned for gift in gifts)  # type: ignore[attr-defined]
    context = {"label": LABEL, "batch": batch, "rows": rows}
    context["now"] = money.exact(now, batch.currency) if now != batch.total else ""
    return render(request, "donations/batch_booked_panel.html", context)


def _check(request: HttpRequest) -> None:
    if not request.user.has_perm(MAY):
        raise PermissionDenied


def addresses() -> list[URLPattern]:
    views: dict[str, Any] = {"donations_batches": ("", index), "donations_batch_new": ("new/", new)}
    return [
        *(path(f"gifts/batches/{rest}", view, name=name) for name, (rest, view) in views.items()),
        path("gifts/batches/<int:pk>/", one, name="donations_batch"),
    ]
