"""Parts that several threads do have their results in order, and a failure ends them."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.waiting import PATIENCE_SECONDS
from vectorizer.sharing import SharedWork


def test_several_threads_do_parts_and_the_results_are_in_order():
    together = threading.Barrier(2)
    workers: list[str] = []

    def work(models: str, part: int) -> int:
        if part < 2:
            together.wait(PATIENCE_SECONDS)
        workers.append(models)
        return 10 * part

    shared = SharedWork(work, range(5))
    with ThreadPoolExecutor(1) as helper:
        helper.submit(shared.do_next, "helper")
        assert shared.results("own") == [0, 10, 20, 30, 40]
    assert sorted(workers) == ["helper", "own", "own", "own", "own"]
    shared.do_next("late")
    assert "late" not in workers


def test_a_failure_ends_the_work_once_parts_in_progress_are_done():
    begun, failed, done = threading.Event(), threading.Event(), threading.Event()
    tried: list[int] = []

    def work(_: str, part: int) -> None:
        tried.append(part)
        if part == 0:
            begun.set()
            failed.wait(PATIENCE_SECONDS)
            done.set()
        if part == 1:
            failed.set()
            raise ValueError(part)

    shared = SharedWork(work, range(4))
    with ThreadPoolExecutor(1) as helper:
        helper.submit(shared.do_next, "helper")
        begun.wait(PATIENCE_SECONDS)
        with pytest.raises(ValueError, match="1"):
            shared.results("own")
    assert done.is_set()
    assert tried == [0, 1]
    assert not shared.waiting
