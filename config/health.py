"""Health checks for a load balancer or monitor: liveness and readiness."""

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache


@never_cache
def alive(request: HttpRequest) -> HttpResponse:
    """Liveness: the process answers. No query."""
    return HttpResponse("alive\n", content_type="text/plain")


@never_cache
def ready(request: HttpRequest) -> HttpResponse:
    """Readiness: the database answers and has every migration. 503 with one plain word otherwise."""
    try:
        executor = MigrationExecutor(connection)
        missing = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return HttpResponse("database\n", content_type="text/plain", status=503)
    if missing:
        return HttpResponse("migrations\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
