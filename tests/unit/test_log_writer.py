"""The committer: many threads, one order; and what happens when a group fails."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from typing import cast

import pytest

from archive.errors import StorageError
from archive.log import store as log_store
from archive.log.store import LogStore
from archive.log.writer import Draft, LogClosed, LogWriter
from hashing.acts import BodyMismatch
from hashing.entry import Act, Entry, EntryTooLarge
from hashing.errors import RolledBack
from tests.engine_logs import (
    KEY,
    SetClock,
    Told,
    assert_intact,
    bad_draft,
    draft,
    key_draft,
    new_store,
)

SECOND_US = 1_000_000


@contextmanager
def writing(
    directory: Path,
    project: Callable[[list[Entry], str], None] = lambda _entries, _head: None,
    clock: SetClock | None = None,
) -> Iterator[LogWriter]:
    """A log writer whose first entry stands."""
    writer = LogWriter(new_store(directory), clock or SetClock(), project)
    with closing(writer):
        writer.submit([key_draft()]).result()
        yield writer


class Gate:
    """A catalog that lets the committer wait, so that a test can fill the queue meanwhile."""

    def __init__(self) -> None:
        self.reached, self.open = threading.Event(), threading.Event()
        self.open.set()

    def __call__(self, _entries: Sequence[Entry], _head: str) -> None:
        self.reached.set()
        assert self.open.wait(30)

    def shut(self, writer: LogWriter) -> None:
        """Return once the committer waits at the gate."""
        self.reached.clear()
        self.open.clear()
        writer.submit([draft("waits at the gate")])
        assert self.reached.wait(30)


def test_a_hundred_threads_make_one_chain(tmp_path: Path) -> None:
    told = Told()
    with writing(tmp_path, told) as writer, ThreadPoolExecutor(100) as threads:

        def append(thread: int) -> list[int]:
            return [
                writer.append(Act.ALARM, draft(f"{thread} {turn}").body, f"actor {thread}").seq
                for turn in range(5)
            ]

        places = list(threads.map(append, range(100)))
    entries = assert_intact(tmp_path)
    assert len(entries) == 1 + 100 * 5
    for thread, seqs in enumerate(places):
        assert seqs == sorted(seqs), "one sender's entries keep their order"
        assert [entries[seq]["detail"] for seq in seqs] == [f"{thread} {t}" for t in range(5)]
        assert {entries[seq]["actor"] for seq in seqs} == {f"actor {thread}"}
    assert [entry.seq for entry in told.entries] == list(range(len(entries)))


def test_senders_that_wait_together_share_a_commit(tmp_path: Path) -> None:
    gate, told = Gate(), Told()

    def project(entries: list[Entry], head: str) -> None:
        told(entries, head)
        gate(entries, head)

    with writing(tmp_path, project) as writer:
        gate.shut(writer)
        waiting = [writer.submit([draft(str(number))]) for number in range(200)]
        gate.open.set()
        assert [each.result()[0].seq for each in waiting] == list(range(2, 202))
    assert len(told.heads) == 3


def test_drafts_that_belong_together_stay_together(tmp_path: Path) -> None:
    with writing(tmp_path) as writer, ThreadPoolExecutor(8) as threads:

        def submit(sender: int) -> list[int]:
            many = [draft(f"{sender} {part}") for part in range(300)]
            return [entry.seq for entry in writer.submit(many).result()]

        for seqs in threads.map(submit, range(8)):
            assert seqs == list(range(seqs[0], seqs[0] + 300))
    assert len(assert_intact(tmp_path)) == 1 + 8 * 300


def test_a_bad_body_fails_its_sender_only(tmp_path: Path) -> None:
    gate = Gate()
    with writing(tmp_path, gate) as writer:
        gate.shut(writer)
        good, bad, huge, broken, late = (
            writer.submit([each])
            for each in (
                draft("good"),
                bad_draft(),
                draft("x" * 70_000),
                Draft(Act.ALARM, cast("dict[str, object]", None), "tester"),
                draft("late"),
            )
        )
        nothing = writer.submit([])
        gate.open.set()
        assert late.result()[0].seq == good.result()[0].seq + 1
        assert broken.exception()
        assert nothing.result() == []
        assert isinstance(bad.exception(), BodyMismatch)
        assert isinstance(huge.exception(), EntryTooLarge)
    assert [entry.get("detail") for entry in assert_intact(tmp_path)[2:]] == ["good", "late"]


def test_a_closed_log_takes_nothing_and_has_finished_everything(tmp_path: Path) -> None:
    with writing(tmp_path) as writer:
        waiting = [writer.submit([draft(str(number))]) for number in range(500)]
        writer.close()
        assert all(each.done() and not each.exception() for each in waiting)
        with pytest.raises(LogClosed):
            writer.submit([draft()])
        assert writer.fault is None
    assert len(assert_intact(tmp_path)) == 501


def failing(
    monkeypatch: pytest.MonkeyPatch, call: str, *, after: bool, error: Exception
) -> Callable[[], None]:
    """Let a step of the next commits fail, before or after it is done; returns the cure."""
    real = getattr(log_store, call)

    def fail(*args: object) -> None:
        if after:
            real(*args)
        raise error

    monkeypatch.setattr(log_store, call, fail)
    return lambda: monkeypatch.setattr(log_store, call, real)


@pytest.mark.parametrize("error", [StorageError("injected"), RuntimeError("a bug")], ids=type)
@pytest.mark.parametrize("call", ["replace_group", "replace_atomically"])
def test_a_group_that_fails_leaves_the_log_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, error: Exception
) -> None:
    with writing(tmp_path) as writer:
        cure = failing(monkeypatch, call, after=False, error=error)
        failed = writer.submit([draft("lost")])
        assert failed.exception() is error
        cure()
        assert writer.append(Act.ALARM, draft("next").body, "tester").seq == 1
        assert writer.fault is None
    assert [entry.get("detail") for entry in assert_intact(tmp_path)] == [None, "next"]


def test_the_log_stops_where_the_new_head_may_or_may_not_be_durable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate()
    with writing(tmp_path, gate) as writer:
        gate.shut(writer)
        cure = failing(
            monkeypatch, "replace_atomically", after=True, error=StorageError("cannot sync")
        )
        many = [writer.submit([draft(str(number))] * 200) for number in range(4)]
        gate.open.set()
        assert all(isinstance(each.exception(), StorageError) for each in many)
        cure()
        with pytest.raises(LogClosed, match="cannot sync"):
            writer.submit([draft("too late")])
        assert isinstance(writer.fault, LogClosed)
    # One group stands, as it is on disk; nothing was signed after it.
    assert len(assert_intact(tmp_path)) == 2 + 200
    assert LogStore.open(tmp_path, KEY).size == 2 + 200


def test_the_log_stops_when_it_cannot_be_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with writing(tmp_path) as writer:
        failing(monkeypatch, "replace_group", after=False, error=StorageError("injected"))
        monkeypatch.setattr(LogStore, "reload", lambda _: 1 // 0)
        assert isinstance(writer.submit([draft()]).exception(), StorageError)
        with pytest.raises(LogClosed):
            writer.submit([draft()])
    assert len(assert_intact(tmp_path)) == 1


def test_the_log_stops_when_the_catalog_was_not_told(tmp_path: Path) -> None:
    def refuse(entries: Sequence[Entry], _head: str) -> None:
        if entries[-1].seq:
            raise StorageError("the catalog is full")

    with writing(tmp_path, refuse) as writer:
        with pytest.raises(StorageError, match="full"):
            writer.append(Act.ALARM, draft("durable").body, "tester")
        with pytest.raises(LogClosed, match="not in the catalog"):
            writer.submit([draft("too late")])
    assert [entry.get("detail") for entry in assert_intact(tmp_path)] == [None, "durable"]


def test_a_log_that_is_told_to_refuse_signs_nothing_more(tmp_path: Path) -> None:
    gate = Gate()
    with writing(tmp_path, gate) as writer:
        gate.shut(writer)
        waiting = [writer.submit([draft(str(number))]) for number in range(3)]
        writer.refuse(RolledBack("a store knows more"))
        writer.refuse(StorageError("later"))
        told = [each.exception() for each in waiting]
        assert all(isinstance(each, RolledBack) for each in told)
        with pytest.raises(RolledBack, match="a store knows more") as caught:
            writer.submit([draft("too late")])
        assert caught.value is not writer.fault
        gate.open.set()
    assert isinstance(writer.fault, RolledBack)
    entries = assert_intact(tmp_path)
    assert [entry.get("detail") for entry in entries] == [None, "waits at the gate"]


def told_acts(told: Told) -> list[object]:
    return [entry.fields.get("alarm", entry.act) for entry in told.entries]


def test_a_clock_that_goes_back_is_told_before_the_next_entry(tmp_path: Path) -> None:
    clock, told = SetClock(), Told()
    with writing(tmp_path, told, clock) as writer:
        clock.time_us -= SECOND_US
        writer.append(Act.ALARM, draft().body, "tester")
        clock.time_us -= SECOND_US + 1
        entry = writer.append(Act.ALARM, draft().body, "tester")
        writer.append(Act.ALARM, draft().body, "tester")
    assert told_acts(told) == ["key", "test", "clock_went_back", "test", "test"]
    assert entry.seq == 3
    assert told.entries[2].actor == "station"


def test_a_clock_that_goes_back_is_told_even_if_the_first_sender_fails(tmp_path: Path) -> None:
    clock, told = SetClock(), Told()
    with writing(tmp_path, told, clock) as writer:
        clock.time_us -= 5 * SECOND_US
        assert writer.submit([bad_draft()]).exception()
        writer.append(Act.ALARM, draft().body, "tester")
    assert told_acts(told) == ["key", "clock_went_back", "test"]


def test_a_clock_that_goes_back_is_told_even_if_the_first_group_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, told = SetClock(), Told()
    with writing(tmp_path, told, clock) as writer:
        clock.time_us -= 5 * SECOND_US
        cure = failing(monkeypatch, "replace_group", after=False, error=StorageError("injected"))
        assert writer.submit([draft()]).exception()
        cure()
        writer.append(Act.ALARM, draft().body, "tester")
    assert told_acts(told) == ["key", "clock_went_back", "test"]


def test_a_clock_that_went_back_over_a_restart_is_told(tmp_path: Path) -> None:
    clock, told = SetClock(), Told()
    with writing(tmp_path, clock=clock):
        pass
    clock.time_us -= 5 * SECOND_US
    store = LogStore.open(tmp_path, KEY)
    with closing(LogWriter(store, clock, told)) as writer:
        writer.append(Act.ALARM, draft().body, "tester")
    assert told_acts(told) == ["clock_went_back", "test"]
