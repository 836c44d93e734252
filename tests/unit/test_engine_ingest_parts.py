"""The small parts of the engine: groups, decisions, claims, intents."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from archive.errors import StorageError
from archive.ingest.arrival import Arrival
from archive.ingest.claims import Claims
from archive.ingest.decide import Decision, decide
from archive.ingest.intents import Intended, declare, fulfil, intended_objects, pending
from archive.ingest.policy import GROUP_BYTES, GROUP_FILES, SMALL_BYTES, groups
from hashing.acts import validate
from hashing.errors import IntegrityError
from hashing.recording import recording_id
from tests.engine_sources import DOCKING, MemorySource, arrival, staged

ONE, TWO = b"one recording", b"another recording"


def sized(*sizes: int) -> list[Arrival]:
    """Arrivals of these sizes, in order."""
    blank = arrival(MemorySource(b""))
    return [replace(blank, path=b"%d" % n, size_bytes=size) for n, size in enumerate(sizes)]


@pytest.mark.parametrize(
    ("sizes", "expected"),
    [
        ([], []),
        ([0], [1]),
        ([SMALL_BYTES] * 3, [3]),
        ([SMALL_BYTES + 1] * 3, [1, 1, 1]),
        ([1, SMALL_BYTES + 1, 1, 1], [1, 1, 2]),
        ([1] * (GROUP_FILES + 1), [GROUP_FILES, 1]),
        ([SMALL_BYTES] * 65, [GROUP_BYTES // SMALL_BYTES, 1]),
        ([1 << 60], [1]),
    ],
)
def test_large_files_stand_alone_and_small_ones_share(
    sizes: list[int], expected: list[int]
) -> None:
    arrivals = sized(*sizes)
    made = list(groups(arrivals))
    assert [len(group) for group in made] == expected
    assert [each for group in made for each in group] == arrivals, "in their order, each once"


def kinds(decisions: list[Decision]) -> list[tuple[str, str, bool | None]]:
    return [
        (d.intended.act.value, d.outcome.result.value, d.intended.body.get("new_recording"))
        for d in decisions
    ]


def digest(data: bytes) -> str:
    return staged(data, b"x").copied.digests.sha256.hex


def test_the_first_of_equal_bytes_is_stored_and_the_rest_are_sightings() -> None:
    group = [staged(ONE, b"a"), staged(TWO, b"b"), staged(ONE, b"c")]
    made = decide(DOCKING, group, set(), set())
    assert kinds(made) == [
        ("ingest", "new", None),
        ("ingest", "new", None),
        ("sighting", "known", False),
    ]
    assert [d.ready is not None for d in made] == [True, True, False]


def test_known_bytes_from_another_recorder_are_a_new_recording() -> None:
    made = decide(DOCKING, [staged(ONE, b"a"), staged(ONE, b"b")], {digest(ONE)}, set())
    assert kinds(made) == [("sighting", "new", True), ("sighting", "known", False)]


def test_known_bytes_of_this_recorder_are_only_sighted() -> None:
    recording = recording_id(DOCKING.recorder, digest(ONE))
    made = decide(DOCKING, [staged(ONE, b"a")], {digest(ONE)}, {recording})
    assert kinds(made) == [("sighting", "known", False)]
    assert made[0].outcome.recording == recording


def test_every_decision_names_its_staged_file_and_can_be_logged() -> None:
    holed = staged(TWO, b"\xff.mp4", holes=[(0, 5)])
    group = [replace(holed, changed=True), replace(holed, changed=True)]
    first, second = decide(DOCKING, group, set(), set())
    assert first.intended.body["unreadable"] == [[0, 5]]
    assert first.intended.body["changed"] is True
    for made in (first, second):
        validate(made.intended.act, made.intended.body)
        assert made.intended.staged == holed.path.name
        assert made.intended.body["complete"] is False
        assert made.intended.body["path_b64"] == "/y5tcDQ="


def test_a_claim_waits_for_every_digest_it_wants() -> None:
    claims, order = Claims(), list[str]()
    others_started = threading.Barrier(3)

    def hold(name: str, *digests: str) -> None:
        others_started.wait(30)
        with claims.holding(digests):
            order.append(name)

    with claims.holding(["a", "b"]):
        threads = [
            threading.Thread(target=hold, args=("wants b", "b", "c")),
            threading.Thread(target=hold, args=("wants c", "c")),
        ]
        for thread in threads:
            thread.start()
        others_started.wait(30)
        threads[1].join()
        assert order == ["wants c"]
    threads[0].join()
    assert order == ["wants c", "wants b"]


def test_a_claim_is_let_go_after_an_error() -> None:
    claims = Claims()
    for _ in range(2):
        with pytest.raises(RuntimeError), claims.holding(iter(["a"])):
            raise RuntimeError


@pytest.fixture
def items() -> list[Intended]:
    made = decide(DOCKING, [staged(ONE, b"a"), staged(ONE, b"b")], set(), set())
    return [each.intended for each in made]


def test_an_intent_comes_back_as_it_was(tmp_path: Path, items: list[Intended]) -> None:
    intent = declare(tmp_path, "tester", items)
    assert list(pending(tmp_path)) == [intent]
    assert set(intended_objects(tmp_path)) == {digest(ONE)}
    for item in items:
        (tmp_path / item.staged).write_bytes(b"")
    fulfil(intent)
    fulfil(intent)
    assert list(tmp_path.iterdir()) == []
    assert list(pending(tmp_path)) == []


def cuts(data: bytes) -> Iterator[bytes]:
    """What a power cut may leave of a file that was never synced."""
    yield b""
    yield bytes(len(data))
    for length in range(1, len(data), 97):
        yield data[:length]
        yield data[:length] + bytes(len(data) - length)


def test_an_intent_that_is_cut_short_was_never_made(tmp_path: Path, items: list[Intended]) -> None:
    intent = declare(tmp_path, "tester", items)
    data = intent.path.read_bytes()
    for cut in cuts(data):
        intent.path.write_bytes(cut)
        assert list(intended_objects(tmp_path)) == []
        assert intent.path.exists()
        assert list(pending(tmp_path)) == []
        assert not intent.path.exists()


def test_an_intent_of_another_form_is_not_passed_over(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_bytes(b'{"actor":"tester","items":[{}]}')
    with pytest.raises(IntegrityError):
        list(pending(tmp_path))


def test_a_staging_folder_that_is_gone(tmp_path: Path) -> None:
    assert list(intended_objects(tmp_path / "absent")) == []
    with pytest.raises(StorageError):
        list(pending(tmp_path / "absent"))
