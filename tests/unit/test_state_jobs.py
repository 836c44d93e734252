"""Jobs: offered once, taken under a lease, tried until they are done."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.state import Job, StateDatabase
from archive.state.jobs import Pending

KIND = "replicate"


@pytest.fixture
def state(tmp_path: Path) -> Iterator[StateDatabase]:
    with StateDatabase.open(tmp_path / "state.sqlite") as opened:
        yield opened


def taken(state: StateDatabase, now_us: int, lease_us: int = 10) -> Job:
    job = state.claim(KIND, now_us, lease_us)
    assert job is not None
    return job


def test_a_key_is_offered_once(state: StateDatabase) -> None:
    assert state.enqueue(KIND, ["a", "b", "a"], 5) == 2
    assert state.enqueue(KIND, ["b", "c"], 1) == 1
    assert state.enqueue(KIND, [], 1) == 0
    assert state.pending() == {KIND: Pending(jobs=3, failing=0, next_due_us=1)}


def test_nothing_is_taken_before_it_is_due(state: StateDatabase) -> None:
    state.enqueue(KIND, ["a"], 5)
    assert state.claim(KIND, 4, 10) is None
    assert taken(state, 5) == Job("a", KIND, attempts=1, last_error=None, lease_until_us=15)


def test_the_longest_due_comes_first(state: StateDatabase) -> None:
    state.enqueue(KIND, ["late"], 7)
    state.enqueue(KIND, ["b", "a"], 5)
    assert [taken(state, 9).key for _ in range(3)] == ["a", "b", "late"]
    assert state.claim(KIND, 9, 10) is None


def test_kinds_do_not_take_from_each_other(state: StateDatabase) -> None:
    state.enqueue("other", ["a"], 1)
    assert state.claim(KIND, 9, 10) is None
    assert state.pending() == {"other": Pending(1, 0, 1)}


def test_what_was_done_long_ago_is_forgotten_and_nothing_else(
    state: StateDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archive.state.database.FORGOTTEN_AT_ONCE", 2)
    old, lately = [f"old {n}" for n in range(5)], ["lately"]
    state.enqueue(KIND, [*old, *lately, "failing", "waiting"], 1)
    jobs = {job.key: job for job in (taken(state, 1) for _ in range(7))}
    for key in old:
        assert state.done(jobs[key], 99)
    assert state.done(jobs["lately"], 100)
    assert state.failed(jobs["failing"], "no", 1)
    before = state.pending()
    assert state.forget_done(100) == len(old)
    assert state.forget_done(100) == 0
    assert state.pending() == before
    assert state.enqueue(KIND, [*old, "lately", "failing", "waiting"], 1) == len(old)


def test_what_is_done_stays_done(state: StateDatabase) -> None:
    state.enqueue(KIND, ["a"], 1)
    assert state.done(taken(state, 1), 2)
    assert state.pending() == {}
    assert state.enqueue(KIND, ["a"], 1) == 0
    assert state.claim(KIND, 1000, 10) is None


def test_what_failed_comes_again_when_it_is_due(state: StateDatabase) -> None:
    state.enqueue(KIND, ["a"], 1)
    assert state.failed(taken(state, 1), "no route", 50)
    assert state.pending() == {KIND: Pending(jobs=1, failing=1, next_due_us=50)}
    assert state.claim(KIND, 49, 10) is None
    again = taken(state, 50)
    assert (again.attempts, again.last_error) == (2, "no route")
    assert state.done(again, 51)


def test_a_lease_that_ran_out_lets_another_take_it(state: StateDatabase) -> None:
    state.enqueue(KIND, ["a"], 1)
    first = taken(state, 1, lease_us=10)
    assert state.claim(KIND, 10, 10) is None
    second = taken(state, 11)
    assert (second.key, second.attempts) == ("a", 2)
    assert not state.done(first, 12), "the first taker is too late"
    assert not state.failed(first, "too late", 99)
    assert state.done(second, 13)
    assert not state.done(second, 14)


def test_a_late_report_counts_while_nobody_else_has_taken_it(state: StateDatabase) -> None:
    state.enqueue(KIND, ["a"], 1)
    job = taken(state, 1, lease_us=10)
    assert state.done(job, 1000)


def test_many_takers_take_each_job_once(state: StateDatabase) -> None:
    keys = [f"{number:03}" for number in range(60)]
    state.enqueue(KIND, keys, 1)
    got: list[str] = []

    def work() -> None:
        while job := state.claim(KIND, 1, 1000):
            got.append(job.key)
            state.done(job, 2)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == keys


def test_jobs_outlive_the_process(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with StateDatabase.open(path) as state:
        state.enqueue(KIND, ["a", "b"], 1)
        state.done(taken(state, 1), 2)
    with StateDatabase.open(path) as state:
        assert taken(state, 1).key == "b"
