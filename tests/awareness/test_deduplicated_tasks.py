"""Search and the index of references hear of each row once, however often it is saved while content is loaded."""

from collections.abc import Iterator
from typing import Any

import pytest
from django_tasks.signals import task_finished

from awareness.deduplicated_tasks import once_each
from awareness.pages import HelpPage
from tests.awareness.conftest import english


@pytest.fixture
def told() -> Iterator[list[Any]]:
    """What was told, and whether it was understood."""
    heard: list[Any] = []

    def hear(sender: Any, task_result: Any, **more: Any) -> None:
        heard.append((task_result.task.name, *task_result.args, task_result.status.value))

    task_finished.connect(hear)
    yield heard
    task_finished.disconnect(hear)


@pytest.fixture
def page(loaded: None) -> HelpPage:
    return english(HelpPage)


def of(page: HelpPage, told: list[Any]) -> list[Any]:
    return [each for each in told if each[1:4] == ("awareness", "helppage", str(page.pk))]


def test_it_tells_of_a_page_once_at_the_end(page: HelpPage, told: list[Any]) -> None:
    with once_each():
        for _ in range(3):
            page.save()
        assert told == []
    assert len(told) == len(set(told)) and {each[-1] for each in told} == {"SUCCESSFUL"}
    assert {each[0] for each in of(page, told)} == {"insert_or_update_object_task", "update_reference_index_task"}


def test_it_tells_at_once_of_what_a_person_saves(page: HelpPage, told: list[Any]) -> None:
    page.save()
    page.save()
    assert len(of(page, told)) == 2 * len(set(of(page, told))) == 4


def test_it_tells_of_nothing_that_failed_on_the_way(page: HelpPage, told: list[Any]) -> None:
    with pytest.raises(RuntimeError), once_each():
        page.save()
        raise RuntimeError
    assert told == []
