"""A station has its checkpoints cosigned, by a witness that is the real one without a network."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from archive.anchoring.witness_keeper import WitnessKeeper
from archive.anchoring.witnessing import (
    CARRIED,
    Answer,
    Witness,
    Witnessing,
    WitnessUnavailable,
)
from archive.archive import Archive, create_archive
from archive.backup.backup import Station, back_up
from archive.catalog.projection import WITNESS
from archive.log.kept import KeptCheckpoints
from archive.log.reader import LogFiles
from archive.log.writer import STATION_ACTOR
from archive.replication.heads import signed_by
from archive.replication.mirror import mirror_log
from archive.state.database import StateDatabase
from archive.stores.documents import FolderDocuments
from archive.verify.archive import Progress, Question, verify_archive
from hashing.checkpoint import Checkpoint
from hashing.cosignature import CosigningKey, cosignatures, with_lines
from hashing.entry import Act
from hashing.errors import EvidenceError, RolledBack, SignatureInvalid
from hashing.note import Signature, SignedNote, SigningKey, VerifierKey, sign
from hashing.policy import Policy
from hashing.witness import AddCheckpoint

ALARM = {"alarm": "test", "subject": "slot 7", "detail": "something happened"}
TIME_S = 1_790_000_000


class LocalWitness:
    """A witness's memory and key, reached by a call."""

    def __init__(
        self, folder: Path, trusted: VerifierKey, name: str = "witness.example/w1"
    ) -> None:
        self.key = CosigningKey.generate(name)
        self.state = StateDatabase.open(folder / f"{name.replace('/', '-')}.sqlite")
        self.trusted = {trusted.name: [trusted]}
        self.asked = 0
        self.fault: EvidenceError | None = None

    @property
    def witness(self) -> Witness:
        return Witness(self.key.verifier, self.ask)

    def ask(self, request: bytes) -> Answer:
        self.asked += 1
        if self.fault is not None:
            raise self.fault
        done = self.state.witness(AddCheckpoint.parse(request), self.trusted, self.key, TIME_S)
        body = done.decision.body if done.line is None else str(done.line).encode()
        return Answer(done.decision.status, body)


class Bench:
    """An archive with a witness."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = create_archive(folder / "archive", folder / "keys", "bureau", "dock-1")
        self.archive = Archive.open(folder / "archive", folder / "keys")
        self.witnessing = Witnessing(self.archive, [self.key])
        self.local = LocalWitness(folder, self.key)
        self.kept = KeptCheckpoints(self.archive.layout.log)

    def alarm(self) -> None:
        self.archive.log.append(Act.ALARM, ALARM, STATION_ACTOR)

    def witness_entries(self) -> list[dict[str, object]]:
        entries = LogFiles(self.archive.layout.log).entries()
        return [dict(entry.fields) for entry in entries if entry.act == Act.WITNESS]

    def policy(self, *witnesses: CosigningKey) -> Policy:
        lines = [f"log {self.key}"]
        lines += [f"witness w{n} {key.verifier}" for n, key in enumerate(witnesses)]
        names = " ".join(f"w{n}" for n in range(len(witnesses)))
        lines += [f"group g all {names}", "quorum g", ""]
        return Policy.parse("\n".join(lines).encode())


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    yield made
    made.archive.close()
    made.local.state.close()


def test_a_checkpoint_is_cosigned_kept_and_logged(bench: Bench) -> None:
    size = bench.archive.log.size
    done = bench.witnessing.submit(bench.local.witness)
    assert (done.size, done.time_s) == (size, TIME_S)
    note = SignedNote.parse(bench.kept.read(str(size)) or b"")
    note.verify(bench.key)
    assert [made.time_s for made in cosignatures(note, [bench.local.key.verifier])] == [TIME_S]
    [entry] = bench.witness_entries()
    assert entry["root"] == Checkpoint.parse(note.text).root.hex()
    assert (entry["method"], entry["seq"]) == ("http", done.seq)
    latest = bench.archive.catalog.latest_anchor(bench.local.key.name, WITNESS)
    assert latest is not None
    assert (latest.size, latest.time_us) == (size, TIME_S * 1_000_000)
    question = Question(policy=bench.policy(bench.local.key))
    assert verify_archive(bench.archive.layout.root, question, Progress()).exit_code == 0


def test_the_next_one_is_proven_from_the_last(bench: Bench) -> None:
    for _ in range(3):
        bench.alarm()
        bench.witnessing.submit(bench.local.witness)
    assert bench.local.asked == 3
    assert [entry["size"] for entry in bench.witness_entries()] == sorted(
        int(name) for name in bench.kept.names()
    )


def test_a_witness_that_knows_more_than_our_log_says_is_caught_up_with(bench: Bench) -> None:
    request = bench.witnessing.request(bench.local.witness)
    assert bench.local.ask(request.encode()).status == 200
    bench.alarm()
    bench.witnessing.submit(bench.local.witness)
    assert bench.local.asked == 3  # one told the size that it knows
    assert len(bench.witness_entries()) == 1


def test_a_witness_that_knows_a_longer_log(bench: Bench) -> None:
    witness = Witness(bench.local.key.verifier, lambda _: Answer(409, b"1000\n"))
    with pytest.raises(RolledBack, match="longer log: 1000 entries there"):
        bench.witnessing.submit(witness)


def test_a_witness_that_knows_another_log(bench: Bench) -> None:
    body = Checkpoint(bench.key.name, 1, b"\x07" * 32).body()
    key = SigningKey.parse((bench.folder / "keys/log.key").read_text("ascii"))
    fork = AddCheckpoint(0, (), SignedNote.parse(sign(body, [key])))
    assert bench.local.ask(fork.encode()).status == 200
    bench.alarm()
    with pytest.raises(RolledBack, match="another log"):
        bench.witnessing.submit(bench.local.witness)
    assert bench.witness_entries() == []


def _answer_with(line: Signature, _: bytes) -> Answer:
    return Answer(200, str(line).encode())


ANSWERS = {
    "not trusted": Answer(404, b"this log is not witnessed here\n"),
    "broken": Answer(500, b"\xff\xfe"),
    "moved": Answer(302, b""),
    "nothing": Answer(200, b""),
    "no newline": Answer(200, b"x"),
    "garbage": Answer(200, b"\xff\n"),
    "no line": Answer(200, b"hello\n"),
    "too many": Answer(200, "— a AAAAAAAA\n".encode() * 17),
    "no size": Answer(409, b"many\n"),
    "always another size": Answer(409, b"1\n"),
}


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_that_is_none_is_kept_nowhere(bench: Bench, answer: Answer) -> None:
    before = bench.archive.log.size
    with pytest.raises(WitnessUnavailable):
        bench.witnessing.submit(Witness(bench.local.key.verifier, lambda _: answer))
    assert (bench.archive.log.size, bench.kept.names()) == (before, [])


def test_a_cosignature_of_somebody_else_or_of_something_else(bench: Bench) -> None:
    stranger = CosigningKey.generate(bench.local.key.name)
    note = SignedNote.parse(LogFiles(bench.archive.layout.log).checkpoint())
    other = Checkpoint(bench.key.name, 1, b"\x07" * 32).body()
    for line in (stranger.cosign(note.text, TIME_S), bench.local.key.cosign(other, TIME_S)):
        witness = Witness(bench.local.key.verifier, partial(_answer_with, line))
        with pytest.raises(SignatureInvalid):
            bench.witnessing.submit(witness)
    assert bench.kept.names() == []


def test_a_carried_note_is_taken_once(bench: Bench) -> None:
    note = SignedNote.parse(LogFiles(bench.archive.layout.log).checkpoint())
    size = bench.archive.log.size
    carried = Witness(bench.local.key.verifier)
    stranger = CosigningKey.generate("witness.example/w9")
    lines = [key.cosign(note.text, TIME_S) for key in (stranger, bench.local.key)]
    brought = with_lines(note, lines)
    done = bench.witnessing.accept(carried, brought, CARRIED, "uid:1000")
    again = bench.witnessing.accept(carried, brought, CARRIED, "uid:1000")
    assert (done.size, again.seq) == (size, None)
    [entry] = bench.witness_entries()
    assert (entry["method"], entry["actor"]) == ("carried", "uid:1000")
    kept = SignedNote.parse(bench.kept.read(str(size)) or b"")
    assert [line.name for line in kept.signatures] == [bench.key.name, bench.local.key.name]
    with pytest.raises(WitnessUnavailable, match="no address"):
        bench.witnessing.submit(carried)


def test_a_carried_note_that_is_not_of_our_past(bench: Bench) -> None:
    key = SigningKey.parse((bench.folder / "keys/log.key").read_text("ascii"))
    carried = Witness(bench.local.key.verifier)
    for size in (1, 1000):
        body = Checkpoint(bench.key.name, size, b"\x07" * 32).body()
        line = bench.local.key.cosign(body, TIME_S)
        note = with_lines(SignedNote.parse(sign(body, [key])), [line])
        with pytest.raises(RolledBack):
            bench.witnessing.accept(carried, note, CARRIED, "uid:1000")
        forged = with_lines(SignedNote.parse(sign(body, [SigningKey.generate(key.name)])), [line])
        with pytest.raises(SignatureInvalid):
            bench.witnessing.accept(carried, forged, CARRIED, "uid:1000")
    assert bench.kept.names() == []


@contextmanager
def keeping(bench: Bench, on_rolled_back: Callable[[RolledBack], None]) -> Iterator[WitnessKeeper]:
    parts = (bench.archive, bench.witnessing, bench.local.witness, on_rolled_back)
    keeper = WitnessKeeper(*parts, spacing_s=0.0)
    bench.archive.on_commit(keeper.wake)
    keeper.start()
    yield keeper
    keeper.stop()


def wait_for(condition: Callable[[], bool]) -> None:
    for _ in range(600):
        if condition():
            return
        threading.Event().wait(0.05)
    pytest.fail("it never came true")


def test_a_keeper_hands_over_what_counts_and_then_rests(bench: Bench) -> None:
    with keeping(bench, lambda error: pytest.fail(error.detail)) as keeper:
        wait_for(lambda: len(bench.witness_entries()) == 1)
        bench.alarm()
        wait_for(lambda: len(bench.witness_entries()) == 2)
        assert keeper.trouble is None
        wait_for(lambda: keeper.cosigned_size == bench.archive.log.size - 1)
    assert bench.local.asked == 2  # its own entries are no reason to ask


def test_a_keeper_says_why_and_tries_again(bench: Bench) -> None:
    bench.local.fault = WitnessUnavailable("nobody there")
    with keeping(bench, lambda error: pytest.fail(error.detail)) as keeper:
        wait_for(lambda: keeper.trouble == "nobody there")
        assert keeper.step() == 10.0
        assert keeper.step() == 20.0
        bench.local.fault = None
        assert keeper.step() is None
        assert (keeper.trouble, len(bench.witness_entries())) == (None, 1)


def test_a_keeper_stops_the_log_where_the_witness_knows_more(bench: Bench) -> None:
    bench.local.fault = RolledBack("longer")
    with keeping(bench, bench.archive.log.refuse) as keeper:
        wait_for(lambda: bench.archive.log.fault is not None)
        assert keeper.trouble == "longer"
    with pytest.raises(RolledBack):
        bench.alarm()


def test_mirror_and_backup_have_every_cosignature(bench: Bench, tmp_path: Path) -> None:
    """Also where the first lines were mirrored before a second witness cosigned."""
    second = LocalWitness(tmp_path, bench.key, "witness.example/w2")
    note = SignedNote.parse(LogFiles(bench.archive.layout.log).checkpoint())
    size = str(bench.archive.log.size)
    source, mirror = FolderDocuments(bench.archive.layout.root), tmp_path / "mirror"
    station = Station(bench.archive.layout.root, tmp_path / "none", None, [bench.key])
    for local in (bench.local, second):
        cosigned = with_lines(note, [local.key.cosign(note.text, TIME_S)])
        bench.witnessing.accept(local.witness, cosigned, CARRIED, STATION_ACTOR)
        mirror_log(source, FolderDocuments(mirror), signed_by([bench.key]), name="mirror")
        back_up(station, tmp_path / "backup")
    second.state.close()
    whole = bench.kept.read(size)
    assert KeptCheckpoints(mirror / "log").read(size) == whole
    assert KeptCheckpoints(tmp_path / "backup/archive/log").read(size) == whole
    question = Question(policy=bench.policy(bench.local.key, second.key))
    assert verify_archive(mirror, question, Progress()).exit_code == 0
