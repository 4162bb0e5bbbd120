"""Panel pages of a large list as a file: the question before it, how far it is, and the file itself."""

from typing import Any, cast

from django.apps import apps
from django.core import signing
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.text import capfirst
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe
from wagtail.admin import messages
from wagtail.log_actions import log

from foundation.jobs.models import Job
from staff import export_jobs, gate, notices
from staff.models import Export, User

LABEL = _("A large list as a file")
LOOK_AGAIN = 3  # seconds
SALT = "staff.export"
OPEN = 3600  # seconds that the question may be looked at


def question(view: Any, data: dict[str, Any]) -> HttpResponse:
    """The page in place of a file that takes long: it begins nothing. Whether they may was asked before."""
    request = view.request
    known = export_jobs.known(request.user, request.path)
    asked = {"path": request.path, "query": request.GET.urlencode(), "name": f"{view.get_filename()}.csv", "data": data}
    context = {
        "label": LABEL,
        "list": _list_of(data),
        "known": known,
        "ready": known and _ready(known),
        "most": export_jobs.LARGE,
        "asked": signing.dumps([request.user.pk, asked], salt=SALT, compress=True),
        "back": request.path,
    }
    return render(request, "staff/export_ask_panel.html", context)


@require_POST
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Begin a file by what the question said; leads to its page, or to that of one that is being written."""
    try:
        pk, asked = signing.loads(request.POST.get("asked", ""), salt=SALT, max_age=OPEN)
    except signing.BadSignature as error:
        raise PermissionDenied from error
    if pk != request.user.pk:
        raise PermissionDenied
    export, new = export_jobs.ask(cast(User, request.user), **asked)
    if new:
        log(request.user, "staff.export_asked", user=request.user, data=asked["data"])
    elif asked["query"] != export.query:
        messages.warning(request, gettext("One file of this list is being written for you already: here it is."))
    return redirect("staff_export", export.token)


@require_safe
@never_cache
def page(request: HttpRequest, token: Any) -> HttpResponse:
    """How far it is, and the link to the file once it is there. Without a script the browser asks again by itself."""
    export = _mine(request, token)
    running = export_jobs.is_running(export)
    job = Job.objects.filter(key=export.job_key).first()
    ready = _ready(export)
    context = {
        "label": LABEL,
        "list": _list_of(export.data),
        "row": export,
        "running": running,
        "waits": running and (export.rows is None or (job is not None and job.state == Job.State.READY)),
        "again": running and job is not None and job.failures,
        "ready": ready and export_jobs.file_of(export).is_file(),
        "elsewhere": ready and export.machine != export_jobs.machine(),
        "back": f"{export.path}?{_without_export(export)}",
        "disk": export.trouble == Export.Trouble.DISK,
        "refused": export.trouble == Export.Trouble.REFUSED,
    }
    answer = render(request, "staff/export_panel.html", context)
    if running:
        answer["Refresh"] = str(LOOK_AGAIN)
    return answer


@require_safe
@never_cache
def file(request: HttpRequest, token: Any) -> HttpResponseBase:
    """The file, for who asked for it and still may, behind a fresh second factor; and it is written down."""
    export = _mine(request, token)
    there = export_jobs.file_of(export)
    if not export.finished_at or export.trouble or not there.is_file():
        raise Http404
    if answer := gate.ask_again(request):
        return answer
    if not export_jobs.may(export):
        raise PermissionDenied
    if request.method == "GET":
        log(request.user, "staff.export", user=request.user, data={**export.data, "rows": export.rows})
        notices.exported(cast(User, request.user), export.path)
    return FileResponse(there.open("rb"), as_attachment=True, filename=export.name, content_type="text/csv")


@require_POST
@never_cache
def discard(request: HttpRequest, token: Any) -> HttpResponse:
    export = _mine(request, token)
    export_jobs.throw_away(export)
    messages.success(request, gettext("The file is thrown away."))
    return redirect(export.path)


def _mine(request: HttpRequest, token: Any) -> Export:
    """That of another person is not there at all."""
    mine = Export.objects.filter(user=cast(User, request.user), token=token).first()
    if mine is None or (mine.finished_at and mine.expires_at <= timezone.now()):
        raise Http404
    return mine


def _ready(export: Export) -> bool:
    return bool(export.finished_at and not export.trouble)


def _list_of(data: dict[str, Any]) -> str:
    """What people call that list: the audit log has its model by name."""
    try:
        return capfirst(str(apps.get_model(data["list"])._meta.verbose_name_plural))
    except (LookupError, ValueError):
        return str(data["list"])


def _without_export(export: Export) -> str:
    return "&".join(part for part in export.query.split("&") if not part.startswith("export="))


def addresses() -> list[URLPattern]:
    return [
        path("exports/", begin, name="staff_export_begin"),
        path("exports/<uuid:token>/", page, name="staff_export"),
        path("exports/<uuid:token>/file/", file, name="staff_export_file"),
        path("exports/<uuid:token>/discard/", discard, name="staff_export_discard"),
    ]
