"""What a process calls finds its memory in one piece (config/call_stack.py)."""

import resource
import threading
from collections.abc import Callable

from config import wsgi
from config.call_stack import WORDS, roomy

DEEPEST = 250  # calls: a page of ours is half as deep
TIMES = 1_000


def leaf() -> None:
    pass


def calls_at_every_depth(left: int = DEEPEST) -> None:
    for _ in range(TIMES):
        leaf()
    if left:
        calls_at_every_depth(left - 1)


def faults(work: Callable[[], None]) -> int:
    """Page faults of a thread that does it: each has a stack of its own."""
    took: list[int] = []

    def count() -> None:
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        work()
        took.append(resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before)

    thread = threading.Thread(target=count)
    thread.start()
    thread.join()
    return took[0]


def test_it_asks_the_system_for_no_memory_however_deep_a_call_is():
    roomy(calls_at_every_depth)()  # what Python makes once is made
    assert faults(roomy(calls_at_every_depth)) < TIMES / 2


def test_it_changes_nothing_of_what_a_function_takes_answers_and_raises():
    def divided(one: int, *, by: int) -> float:
        """One by another."""
        return one / by

    same = roomy(divided)
    assert same(6, by=3) == 2
    assert same.__doc__ == "One by another." and same.__name__ == "divided"
    try:
        same(1, by=0)
    except ZeroDivisionError:
        return
    raise AssertionError("it kept what was raised")


def test_it_is_at_the_bottom_of_every_request_that_no_kept_page_answers():
    assert wsgi.inner.__code__.co_stacksize == WORDS and wsgi.apart.application is wsgi.inner
