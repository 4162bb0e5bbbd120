"""Deduplicated index updates: within `once_each` each row is indexed once, at the end.

Wagtail updates its search index and its reference index at every save, and loading saves a page several times.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django_tasks.backends.immediate import ImmediateBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus

Waiting = dict[tuple[Any, ...], Task[Any, Any]]
_waiting: ContextVar[Waiting | None] = ContextVar("_waiting", default=None)


class Backend(ImmediateBackend):
    """Task backend (settings.TASKS): runs tasks at once, except within `once_each`, which collects them."""

    def enqueue(self, task: Task[Any, Any], args: Any, kwargs: Any) -> TaskResult[Any]:
        waiting = _waiting.get()
        if waiting is None or kwargs:
            return super().enqueue(task, args, kwargs)
        waiting[(task.module_path, *args)] = task
        return TaskResult(
            task=task, id="", status=TaskResultStatus.READY, args=args, kwargs=kwargs, backend=self.alias,
            enqueued_at=None, started_at=None, last_attempted_at=None, finished_at=None, errors=[], worker_ids=[],
        )  # fmt: skip


@contextmanager
def once_each() -> Iterator[None]:
    """Context manager: run each collected task once, at the end. None after an exception: its transaction is undone."""
    waiting: Waiting = {}
    token = _waiting.set(waiting)
    try:
        yield
    finally:
        _waiting.reset(token)
    for (_name, *args), task in waiting.items():
        task.enqueue(*args)
