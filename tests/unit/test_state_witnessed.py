"""What a witness remembers: atomic between threads and processes, durable before the answer."""

import multiprocessing
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from archive.errors import KeyUnavailable, StorageError
from archive.keys import create_witness_key, load_witness_key
from archive.state.database import StateDatabase
from hashing.checkpoint import Checkpoint
from hashing.cosignature import CosigningKey, cosignatures
from hashing.note import SignedNote, SigningKey, sign
from hashing.witness import AddCheckpoint, SeenHead

LOG = SigningKey.generate("bureau/station-1/0a0b0c0d")
TRUSTED = {LOG.name: [LOG.verifier]}
WITNESS = CosigningKey.generate("witness.example/w1")
RACERS = 8


def fork(number: int, size: int = 1) -> AddCheckpoint:
    """The first checkpoint of one of many logs that all call themselves the same."""
    body = Checkpoint(LOG.name, size, bytes([number]) * 32).body()
    return AddCheckpoint(0, (), SignedNote.parse(sign(body, [LOG])))


def test_a_head_is_remembered_with_its_cosignature(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    with StateDatabase.open(path) as state:
        done = state.witness(fork(1), TRUSTED, WITNESS, 1_790_000_000)
        assert done.decision.status == HTTPStatus.OK
        assert state.witness(fork(2), TRUSTED, WITNESS, 1_790_000_001).line is None
    with StateDatabase.open(path) as state:
        assert state.witnessed_heads() == {LOG.name: SeenHead(1, b"\x01" * 32)}
        note = state.cosigned_note(LOG.name)
        assert note is not None
        [made] = cosignatures(SignedNote.parse(note), [WITNESS.verifier])
        assert (made.line, made.time_s) == (done.line, 1_790_000_000)
        assert state.cosigned_note("another") is None


def test_what_is_refused_is_not_remembered(tmp_path: Path) -> None:
    with StateDatabase.open(tmp_path / "state.sqlite") as state:
        assert state.witness(fork(1), {}, WITNESS, 1).decision.status == HTTPStatus.NOT_FOUND
        assert state.witnessed_heads() == {}


def test_threads_that_race_cannot_both_have_a_fork_cosigned(tmp_path: Path) -> None:
    with (
        StateDatabase.open(tmp_path / "state.sqlite") as state,
        ThreadPoolExecutor(RACERS) as pool,
    ):
        done = pool.map(lambda n: state.witness(fork(n), TRUSTED, WITNESS, 1), range(40))
        statuses = [each.decision.status for each in done]
    assert statuses.count(HTTPStatus.OK) == 1
    assert statuses.count(HTTPStatus.CONFLICT) == 39


def _race(path: Path, number: int, gate: Connection) -> None:
    with StateDatabase.open(path) as state:
        gate.send(None)
        gate.recv()
        gate.send(state.witness(fork(number), TRUSTED, WITNESS, 1).decision.status)


def test_processes_that_race_cannot_both_have_a_fork_cosigned(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    StateDatabase.open(path).close()
    context = multiprocessing.get_context("fork")
    gates = [context.Pipe() for _ in range(RACERS)]
    racers = [
        context.Process(target=_race, args=(path, number, theirs))
        for number, (_, theirs) in enumerate(gates)
    ]
    for racer in racers:
        racer.start()
    for ours, _ in gates:
        ours.recv()
    for ours, _ in gates:
        ours.send(None)
    statuses = [ours.recv() for ours, _ in gates]
    for racer in racers:
        racer.join()
    assert statuses.count(HTTPStatus.OK) == 1
    assert statuses.count(HTTPStatus.CONFLICT) == RACERS - 1


def _cosign_and_die(path: Path, told: Connection) -> None:
    with StateDatabase.open(path) as state:
        state.witness(fork(7), TRUSTED, WITNESS, 1)
        told.send(None)
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_witness_that_is_killed_after_its_answer_remembers(tmp_path: Path) -> None:
    path = tmp_path / "state.sqlite"
    context = multiprocessing.get_context("fork")
    told, tell = context.Pipe()
    process = context.Process(target=_cosign_and_die, args=(path, tell))
    process.start()
    told.recv()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    with StateDatabase.open(path) as state:
        assert state.witness(fork(8), TRUSTED, WITNESS, 1).decision.status == HTTPStatus.CONFLICT
        assert state.witnessed_heads() == {LOG.name: SeenHead(1, b"\x07" * 32)}


def test_the_witness_key_is_a_private_file(tmp_path: Path) -> None:
    keys = tmp_path / "keys"
    key = create_witness_key(keys, "bureau/station-1/witness")
    path = keys / "witness.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert load_witness_key(keys).verifier == key.verifier
    with pytest.raises(StorageError):
        create_witness_key(keys, "another")
    path.chmod(0o644)
    with pytest.raises(KeyUnavailable):
        load_witness_key(keys)
    path.chmod(0o600)
    path.write_text(LOG.encode(), "utf-8")
    with pytest.raises(KeyUnavailable):
        load_witness_key(keys)
