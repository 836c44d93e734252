"""Every question to the catalog, asked of SQLite and of a real PostgreSQL server."""

import contextlib
import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event, text

from archive.catalog import AmbiguousId, Catalog, FindQuery, RecordingRow, RecordingState, path_text
from archive.catalog.rows import Occurrence
from archive.errors import NoSuchRecording
from archive.fixity.coverage import whole_since_us
from hashing.entry import Act, Entry, parse_time
from tests import postgresql
from tests.catalog_story import (
    BEGAN,
    BROKEN,
    EMPTY,
    FIRST,
    HOUR_US,
    MARKED,
    NINE_LOCAL_US,
    SECOND,
    STORE,
    STRANGE,
    STRANGE_PATH,
    STRETCHES,
    UNNAMED,
    VIDEO,
    Story,
    dump,
    file,
    tell,
)
from tests.histories import DAY_US, SECOND_US, START_US, Chain, Docked, bureau, hex_of, unchained

SHANGHAI_US = 8 * HOUR_US
HALF_PAST_EIGHT_US = NINE_LOCAL_US - HOUR_US // 2

_schemas = itertools.count()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    with postgresql.server() as address:
        yield address


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database, on PostgreSQL of an empty schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'catalog.sqlite'}"
    server = str(request.getfixturevalue("postgresql_server"))
    name = f"catalog_{next(_schemas)}"
    engine = create_engine(server)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    engine.dispose()
    return f"{server}&options=-csearch_path%3D{name}"


@pytest.fixture
def story() -> Story:
    return tell()


@pytest.fixture
def catalog(place: str, story: Story) -> Iterator[Catalog]:
    with Catalog.open(place) as opened:
        opened.apply(story.entries, "a" * 64)
        yield opened


def found(catalog: Catalog, query: FindQuery) -> list[str]:
    return [row.original_name for row in catalog.find(query)]


def test_it_knows_how_much_of_the_log_it_has(catalog: Catalog, story: Story) -> None:
    assert catalog.log_size == len(story.entries)
    assert catalog.head == "a" * 64


def test_a_recording_by_its_id(catalog: Catalog, story: Story) -> None:
    whole = story.recording(VIDEO)
    assert catalog.recording(whole[:8].upper()) == RecordingRow(
        id=whole,
        sha256=VIDEO.sha256,
        sm3=hex_of("sm3", VIDEO.sha256),
        size_bytes=VIDEO.size_bytes,
        original_name="V_0001.mp4",
        path=VIDEO.path,
        path_b64=None,
        recorder=FIRST,
        officer="officer-1",
        docking=story.first.docking,
        recorded_at_us=HALF_PAST_EIGHT_US - SHANGHAI_US,
        recorded_at_source="name",
        collected_at_us=story.entries[6].time_us,
        media="video",
        counter=1,
        important=True,
        name_parsed=True,
        state=RecordingState.ARCHIVED,
        cases=(),
    )


def test_a_recording_of_an_unknown_grammar(catalog: Catalog, story: Story) -> None:
    row = catalog.recording(story.recording(UNNAMED))
    assert (row.media, row.counter, row.important, row.name_parsed) == (None, None, False, False)
    assert (row.recorded_at_us, row.recorded_at_source) == (UNNAMED.mtime_us - SHANGHAI_US, "mtime")


def test_a_recording_with_holes(catalog: Catalog, story: Story) -> None:
    row = catalog.recording(story.recording(BROKEN))
    assert row.state is RecordingState.ARCHIVED_INCOMPLETE
    assert row.recorded_at_source == "mtime", "30 February is no date"


def test_a_recording_whose_path_is_no_text(catalog: Catalog, story: Story) -> None:
    row = catalog.recording(story.recording(STRANGE))
    assert (row.path, row.path_b64) == (STRANGE.path, "RENJTS///i5tcDQ=")


def test_two_recorders_with_the_same_bytes_are_two_recordings(
    catalog: Catalog, story: Story
) -> None:
    first, second = (catalog.recording(story.recording(VIDEO, of)) for of in (FIRST, SECOND))
    assert first.sha256 == second.sha256
    assert (second.recorder, second.officer, second.important) == (SECOND, None, False)
    assert second.recorded_at_us == HALF_PAST_EIGHT_US, "this docking assumed UTC"


@pytest.mark.parametrize("prefix", ["", "xyz", "é", "0" * 33, "%", "_"])
def test_an_id_that_no_recording_has(catalog: Catalog, prefix: str) -> None:
    with pytest.raises(NoSuchRecording):
        catalog.recording(prefix)


def test_an_id_that_several_could_have(place: str) -> None:
    with Catalog.open(place) as catalog:
        catalog.rebuild(unchained(bureau(400)))
        prefix = next(catalog.find(FindQuery())).id[:1]
        alike = sorted(row.id for row in catalog.find(FindQuery()) if row.id.startswith(prefix))
        with pytest.raises(AmbiguousId, match=f"{prefix} begins .* and more") as raised:
            catalog.recording(prefix)
    assert list(raised.value.matches) == alike[:10]


def test_find_orders_by_time_made(catalog: Catalog) -> None:
    every = [VIDEO, UNNAMED, BROKEN, EMPTY, STRANGE]
    names = [file.path.rpartition("/")[2] for file in every]
    assert found(catalog, FindQuery(recorder=FIRST)) == names
    assert found(catalog, FindQuery(officer="officer-1")) == names
    assert found(catalog, FindQuery(recorder=FIRST, officer="officer-1", unlinked=True)) == names
    assert found(catalog, FindQuery(recorder=SECOND)) == ["V_0001.mp4"]
    assert found(catalog, FindQuery(officer="officer-2")) == []


def test_find_takes_the_beginning_of_a_range_and_leaves_its_end(catalog: Catalog) -> None:
    made_us = UNNAMED.mtime_us - SHANGHAI_US
    unnamed = ["现场 (50%_a).DAT"]
    assert found(catalog, FindQuery(from_us=made_us, to_us=made_us + 1)) == unnamed
    assert found(catalog, FindQuery(from_us=made_us + 1, to_us=made_us + 2)) == []
    assert found(catalog, FindQuery(to_us=made_us)) == ["V_0001.mp4"]


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("现场", ["现场 (50%_a).DAT"]),
        ("misc/", ["现场 (50%_a).DAT"]),
        ("0%_A", ["现场 (50%_a).DAT"]),
        ("0_a", []),
        ("%", ["现场 (50%_a).DAT"]),
        ("\\", []),
        ("20231115.TXT", ["20231115.txt"]),
        ("场", ["现场 (50%_a).DAT"]),
        ("T", ["现场 (50%_a).DAT", "20231115.txt"]),
        ("q", []),
        ("场现", []),
        ("MISC/现场 (50%_a).DAT and more than any path", []),
        ('"', []),
        ("*", []),
    ],
)
def test_find_by_text_is_literal_and_knows_no_case(
    catalog: Catalog, wanted: str, names: list[str]
) -> None:
    assert found(catalog, FindQuery(text=wanted)) == names


PATHS = (
    "DCIM/100ANDRO/000017_0017_20231115082000_0005.mp4",
    "DCIM/一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三四.mp4",
    "DCIM/一二三四五六七八九十一二三四五六七八九十一二三四五六七八九十一二三五.mp4",
    "aa/aaa",
    "AbAbA",
    "É é ß ẞ İ ı K k",
    "a\tb\nc",
    "\"quoted\" 'once' * OR NOT ^x {y} : - + ( )",
    "\\%_%\\_",
    "\x80/\xaf/¯",
    "\U0001f46e\u200d\u2642\ufe0f/\U00020000",
    "x",
)
A_TO_Z = dict(zip(range(ord("A"), ord("Z") + 1), "abcdefghijklmnopqrstuvwxyz", strict=True))


@pytest.fixture
def paths(place: str) -> Iterator[Catalog]:
    """A catalog of recordings with these paths, one a group."""
    chain, at = Chain(), Docked("d" * 32, FIRST)
    chain.add(Act.DOCK, at.dock())
    for path in PATHS:
        chain.add(Act.INGEST, at.occurrence(file(path, path)))
    with Catalog.open(place) as catalog:
        for entry in chain.entries:
            catalog.apply([entry])
        yield catalog


@pytest.mark.parametrize("few", [0, 2, 10_000])
def test_find_by_text_gives_what_looking_at_every_path_does(
    paths: Catalog, few: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether a text counts as rare or not; every short text of every path, and some others."""
    monkeypatch.setattr(path_text, "FEW", few)
    texts = {path[at : at + size] for path in PATHS for at in range(len(path)) for size in (1, 2)}
    texts |= {*PATHS, *(path[3:] for path in PATHS), PATHS[1][:-5] + "六", "", "ZZ", "一三", "q"}
    for wanted in sorted(texts):
        lowered = wanted.translate(A_TO_Z)
        expected = {path for path in PATHS if lowered in path.translate(A_TO_Z)}
        assert {row.path for row in paths.find(FindQuery(text=wanted))} == expected, wanted


def test_find_by_text_with_everything_else(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Catalog.open(place) as catalog:
        catalog.rebuild(unchained(bureau(2500)))
        day_us = (START_US, START_US + DAY_US)
        of_one = FindQuery(recorder="ZFY-0007", from_us=day_us[0], to_us=day_us[1])
        for wanted in ("_0003", "mp4", "7_2", "zz"):
            every = [row for row in catalog.find(FindQuery()) if wanted in row.path]
            for few in (0, 10_000):
                monkeypatch.setattr(path_text, "FEW", few)
                assert list(catalog.find(FindQuery(text=wanted))) == every
                assert list(catalog.find(FindQuery(text=wanted, limit=7))) == every[:7]
                assert list(catalog.find(replace(of_one, text=wanted))) == [
                    row
                    for row in every
                    if row.recorder == "ZFY-0007" and day_us[0] <= row.recorded_at_us < day_us[1]
                ]


def test_a_rare_text_is_found_by_its_index(place: str) -> None:
    with Catalog.open(place) as catalog:
        catalog.rebuild([*unchained(bureau(2500))])
        analyse(place)
        with asked() as statements:
            assert len(list(catalog.find(FindQuery(text="_0003imp")))) > 0
            assert list(catalog.find(FindQuery(text="现场"))) == []
            of_one = FindQuery(recorder="ZFY-0007", from_us=START_US, text="_0003imp")
            assert list(catalog.find(of_one)) == []
        plans = [plan(place, *statement) for statement in statements]
    whole = [lines for lines in plans if re.search(r"SCAN recordings\b|Seq Scan", lines)]
    assert whole == []
    assert any("recordings_text" in lines for lines in plans)


def analyse(place: str) -> None:
    """Let a server look at its rows, as it does by itself after a while."""
    if place.startswith("postgresql"):
        engine = create_engine(place)
        with engine.begin() as connection:
            connection.execute(text("ANALYZE"))
        engine.dispose()


@contextlib.contextmanager
def asked() -> Iterator[list[tuple[str, Any]]]:
    """The driver's own questions that are asked meanwhile."""
    statements = list[tuple[str, Any]]()

    def note(_: object, __: object, statement: str, values: Any, *___: object) -> None:
        if statement.startswith("SELECT"):
            statements.append((statement, values))

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


def plan(place: str, statement: str, values: Any) -> str:
    """How the database answers a statement."""
    explain = "EXPLAIN" if place.startswith("postgresql") else "EXPLAIN QUERY PLAN"
    engine = create_engine(place)
    with engine.connect() as connection:
        rows = connection.exec_driver_sql(f"{explain} {statement}", values).all()
    engine.dispose()
    return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize("limit", [0, 1, 2, 6, 7])
def test_find_up_to_a_limit(catalog: Catalog, limit: int) -> None:
    assert found(catalog, FindQuery(limit=limit)) == found(catalog, FindQuery())[:limit]


def test_find_goes_on_behind_a_row(catalog: Catalog) -> None:
    every = list(catalog.find(FindQuery()))
    for place, row in enumerate(every, 1):
        behind = FindQuery(after=(row.recorded_at_us, row.id))
        assert list(catalog.find(behind)) == every[place:]


def test_find_gives_long_answers_in_pages_without_a_gap(place: str) -> None:
    with Catalog.open(place) as catalog:
        catalog.rebuild(unchained(bureau(2500)))
        every = list(catalog.find(FindQuery()))
        assert [row.id for row in catalog.find(FindQuery(limit=2001))] == [
            row.id for row in every[:2001]
        ]
        some = FindQuery(recorder="ZFY-0007", from_us=START_US, to_us=START_US + 2 * DAY_US)
        expected = [
            row
            for row in every
            if row.recorder == "ZFY-0007" and START_US <= row.recorded_at_us < START_US + 2 * DAY_US
        ]
        assert list(catalog.find(some)) == expected
    assert len({row.id for row in every}) == 2500
    assert every == sorted(every, key=lambda row: (row.recorded_at_us, row.id))


def test_what_is_added_meanwhile_neither_shifts_nor_repeats(place: str) -> None:
    entries = list(unchained(bureau(2500)))
    middle = len(entries) // 2
    with Catalog.open(place) as catalog:
        catalog.rebuild(entries[:middle])
        before = {row.id for row in catalog.find(FindQuery())}
        reading = catalog.find(FindQuery())
        seen = [next(reading).id for _ in range(500)]
        catalog.apply(entries[middle:])
        seen += [row.id for row in reading]
    assert len(seen) == len(set(seen))
    assert before <= set(seen)


def test_has_recording(catalog: Catalog, story: Story) -> None:
    whole = story.recording(VIDEO)
    assert catalog.has_recording(whole)
    assert not catalog.has_recording(whole[:31])
    assert not catalog.has_recording(VIDEO.sha256)


def test_occurrences_of_a_recording(catalog: Catalog, story: Story) -> None:
    first, second = catalog.occurrences(story.recording(VIDEO))
    assert (first.act, first.path, first.important, first.proof) == (
        "ingest", VIDEO.path, False, "content",
    )  # fmt: skip
    assert (second.act, second.path, second.important, second.proof) == (
        "sighting", MARKED.path, True, "content",
    )  # fmt: skip
    (broken,) = catalog.occurrences(story.recording(BROKEN))
    assert broken.unreadable == ((512, 4096),)
    assert (broken.complete, broken.changed, broken.recovered) == (False, True, False)
    (empty,) = catalog.occurrences(story.recording(EMPTY))
    assert (empty.size_bytes, empty.changed, empty.recovered) == (0, False, True)
    assert catalog.occurrences("0" * 32) == []


def same_occurrence(
    catalog: Catalog, recorder: str, path: bytes, size_bytes: int, mtime_us: int
) -> Occurrence | None:
    return catalog.same_occurrences(recorder, [(path, size_bytes, mtime_us)]).get(path)


def test_same_occurrence(catalog: Catalog, story: Story) -> None:
    path = VIDEO.path.encode()
    known = same_occurrence(catalog, FIRST, path, VIDEO.size_bytes, VIDEO.mtime_us)
    assert known is not None
    assert (known.recording, known.sha256, known.sm3, known.size_bytes) == (
        story.recording(VIDEO), VIDEO.sha256, hex_of("sm3", VIDEO.sha256), VIDEO.size_bytes,
    )  # fmt: skip
    assert (known.sample, known.complete) == (hex_of("sample", VIDEO.sha256), True)
    for different in (
        (SECOND, MARKED.path.encode(), VIDEO.size_bytes, VIDEO.mtime_us),
        (FIRST, path + b"x", VIDEO.size_bytes, VIDEO.mtime_us),
        (FIRST, path, VIDEO.size_bytes + 1, VIDEO.mtime_us),
        (FIRST, path, VIDEO.size_bytes, VIDEO.mtime_us + 1),
    ):
        assert same_occurrence(catalog, *different) is None


def test_same_occurrence_compares_paths_to_the_byte(catalog: Catalog) -> None:
    strange = (STRANGE.size_bytes, STRANGE.mtime_us)
    assert same_occurrence(catalog, FIRST, STRANGE_PATH, *strange) is not None
    assert same_occurrence(catalog, FIRST, STRANGE.path.encode(), *strange) is None


def test_same_occurrences_of_a_group(catalog: Catalog, story: Story) -> None:
    """For each file what the single question says; the latest occurrence is the one."""
    again = story.first.occurrence(VIDEO) | {"proof": "metadata", "new_recording": False}
    catalog.apply(sequel(story, Act.SIGHTING, again))
    paths = {VIDEO.path.encode(): VIDEO, MARKED.path.encode(): MARKED, STRANGE_PATH: STRANGE}
    files = [(path, file.size_bytes, file.mtime_us) for path, file in paths.items()]
    others = [
        (STRANGE.path.encode(), STRANGE.size_bytes, STRANGE.mtime_us),
        (UNNAMED.path.encode(), UNNAMED.size_bytes, UNNAMED.mtime_us + 1),
        (BROKEN.path.encode(), BROKEN.size_bytes + 1, BROKEN.mtime_us),
    ]
    same = catalog.same_occurrences(FIRST, [*files, *others])
    assert same == {path: same_occurrence(catalog, FIRST, path, *seen) for path, *seen in files}
    assert same[VIDEO.path.encode()].proof == "metadata"
    assert catalog.same_occurrences(SECOND, others) == {}
    assert catalog.same_occurrences(FIRST, []) == {}


def sequel(story: Story, act: Act, body: dict[str, Any]) -> list[Entry]:
    """The history with one more entry."""
    chain = Chain(story.entries[-1].time_us, list(story.entries))
    chain.add(act, body)
    return chain.entries


def test_which_of_many_are_known(catalog: Catalog, story: Story) -> None:
    ids = {story.recording(VIDEO), story.recording(VIDEO, SECOND)}
    assert catalog.known_recordings([*ids, "0" * 32, VIDEO.sha256]) == ids
    assert catalog.known_recordings([]) == set()
    digests = {VIDEO.sha256, EMPTY.sha256}
    assert catalog.known_objects([*digests, "0" * 64]) == digests
    assert catalog.known_objects([]) == set()


def test_copies_that_a_store_lacks(catalog: Catalog, story: Story) -> None:
    every = [row.sha256 for row in catalog.objects()]
    lacking = {store: list(catalog.wanted_copies(store)) for store in (STORE, "other", "new")}
    assert [row.sha256 for row in lacking[STORE]] == every, "its one copy was evicted"
    assert [row.sha256 for row in lacking["new"]] == every
    assert [row.sha256 for row in lacking["other"]] == [
        sha256 for sha256 in every if sha256 != VIDEO.sha256
    ]
    video = {
        store: row.seq for store in lacking for row in lacking[store] if row.sha256 == VIDEO.sha256
    }
    assert story.entries[video[STORE]].act == "replicate"
    assert story.entries[video["new"]].act == "ingest"


def test_the_last_settings(place: str) -> None:
    chain = Chain()
    settings = [{"sha256": digit * 64, "rules": {"file_names": digit * 64}} for digit in "ab"]
    with Catalog.open(place) as catalog:
        assert catalog.last_settings() is None
        for body in settings:
            catalog.apply([chain.add(Act.CONFIG, body)])
            assert catalog.last_settings() == body


def test_has_occurrence(catalog: Catalog, story: Story) -> None:
    docking = story.first.docking
    video, marked, strange = (story.recording(each) for each in (VIDEO, MARKED, STRANGE))
    path = VIDEO.path.encode()
    assert catalog.has_occurrence(docking, path, video)
    assert catalog.has_occurrence(docking, MARKED.path.encode(), marked)
    assert catalog.has_occurrence(docking, STRANGE_PATH, strange)
    assert not catalog.has_occurrence(docking, path, strange)
    assert not catalog.has_occurrence(docking, STRANGE.path.encode(), strange)
    assert not catalog.has_occurrence(docking, b"DCIM/lost.mp4", video)
    assert not catalog.has_occurrence(story.left_open.docking, path, video)


def test_custody_tells_every_entry_that_concerns_a_recording(
    catalog: Catalog, story: Story
) -> None:
    events = catalog.custody(story.recording(VIDEO))
    assert [event.act for event in events] == [
        "dock", "identify", "clock_read", "inventory", "inventory", "ingest", "sighting",
        "undock", "replicate", "replicate", "replicate", "view", "export",
    ]  # fmt: skip
    assert [event.seq for event in events] == sorted(event.seq for event in events)
    by_act = {event.act: event for event in events}
    assert by_act["dock"].summary["timezone"] == "Asia/Shanghai"
    assert by_act["clock_read"].summary["offset_ms"] == -1500
    assert by_act["ingest"].summary == {"path": VIDEO.path, "complete": True, "proof": "content"}
    assert by_act["undock"].summary["skipped"] == {"symlink": 1}
    assert by_act["replicate"].summary == {"store": "other", "operation": "copy"}
    assert (by_act["view"].actor, by_act["view"].summary) == ("li", {"purpose": "case work"})
    assert by_act["export"].summary == {"kind": "copy", "purpose": "court", "approval": "2023-7"}


def test_custody_of_damaged_bytes_tells_it(catalog: Catalog, story: Story) -> None:
    events = catalog.custody(story.recording(BROKEN))
    assert [event.act for event in events][-2:] == ["export", "fixity"]
    ingest = next(event for event in events if event.act == "ingest")
    assert ingest.summary["unreadable"] == ((512, 4096),)
    assert ingest.docking == story.first.docking


def test_custody_of_nothing(catalog: Catalog) -> None:
    assert catalog.custody("0" * 32) == []


def test_objects_come_by_digest(catalog: Catalog) -> None:
    digests = [row.sha256 for row in catalog.objects()]
    files = [VIDEO, UNNAMED, BROKEN, EMPTY, STRANGE]
    assert digests == sorted(file.sha256 for file in files)


def test_what_a_store_should_hold(catalog: Catalog) -> None:
    everything = [row.sha256 for row in catalog.objects()]
    at_home = [held.sha256 for held in catalog.held_objects("landing", "", first_home=True)]
    assert at_home == everything
    behind = catalog.held_objects("landing", everything[1], first_home=True)
    assert [held.sha256 for held in behind] == everything[2:]
    copied = list(catalog.held_objects("other", "", first_home=False))
    assert [(held.sha256, held.size_bytes) for held in copied] == [(VIDEO.sha256, VIDEO.size_bytes)]
    assert list(catalog.held_objects(STORE, "", first_home=False)) == [], "it was let go"


def test_stretches_come_newest_first(catalog: Catalog) -> None:
    rows = list(catalog.fixity("landing"))
    assert [(row.after, row.through) for row in rows] == list(reversed(STRETCHES))
    assert catalog.last_fixity("landing") == rows[0]
    assert {row.began_us for row in rows} == {parse_time(BEGAN)}
    assert catalog.pass_began_us("landing") == parse_time(BEGAN)
    assert catalog.last_fixity("other") is None
    assert catalog.pass_began_us("other") is None
    assert whole_since_us(rows) == parse_time(BEGAN)
    assert whole_since_us(rows[:2]) is None


def test_one_object(catalog: Catalog) -> None:
    broken = catalog.object(BROKEN.sha256)
    assert broken is not None
    assert (broken.size_bytes, broken.complete) == (BROKEN.size_bytes, False)
    assert catalog.object("0" * 64) is None


def test_replicas(catalog: Catalog) -> None:
    replicas = catalog.replicas(VIDEO.sha256)
    assert [(row.store, row.present) for row in replicas] == [(STORE, False), ("other", True)]
    assert catalog.replicas(BROKEN.sha256) == []


def test_wanted_copies(catalog: Catalog) -> None:
    objects = list(catalog.objects())
    in_store, in_other = (list(catalog.wanted_copies(store)) for store in (STORE, "other"))
    assert [row.sha256 for row in in_store] == [row.sha256 for row in objects]
    assert [row.sha256 for row in in_other] == [
        row.sha256 for row in objects if row.sha256 != VIDEO.sha256
    ]
    (evicted,) = (row.seq for row in catalog.replicas(VIDEO.sha256) if row.store == STORE)
    first = {row.sha256: row.seq for row in objects}
    assert {row.sha256: row.seq for row in in_store} == {**first, VIDEO.sha256: evicted}


def test_the_first_token_that_covers_an_entry(catalog: Catalog, story: Story) -> None:
    """Of two over the same checkpoint the earlier one; none where no token reaches so far."""
    first, later = catalog.first_anchor(0), catalog.first_anchor(9)
    assert first is not None
    assert later is not None
    assert catalog.first_anchor(8) == first
    assert (first.name, first.size, first.token_sha256) == ("tsa-2", 9, hex_of("tsa-2", 9))
    assert (later.name, later.size, later.renews) == ("tsa-1", 20, hex_of("tsa-1", 9))
    assert later.root == hex_of("root", 20)
    assert later.time_us == story.entries[later.seq].time_us + 4 * SECOND_US
    assert catalog.first_anchor(19) == later
    assert catalog.first_anchor(20) is None
    witness = catalog.first_anchor(0, "witness")
    assert witness is not None
    assert (witness.name, witness.size, witness.token_sha256) == ("w.example", 5, None)
    assert catalog.first_anchor(5, "witness") is None
    assert catalog.first_anchor(0, "paper") is None


def test_an_authority_s_latest_token(catalog: Catalog) -> None:
    latest = {name: catalog.latest_anchor(name) for name in ("tsa-1", "tsa-2", "tsa-3")}
    assert {name: row and row.size for name, row in latest.items()} == {
        "tsa-1": 20,
        "tsa-2": 9,
        "tsa-3": None,
    }
    assert catalog.anchored_size() == 20


def test_when_a_docking_ended_last(catalog: Catalog, story: Story) -> None:
    ended = [entry.time_us for entry in story.entries if entry.act == Act.UNDOCK]
    assert catalog.last_undocked_us() == max(ended)


def test_nothing_is_anchored_in_an_empty_catalog(place: str) -> None:
    with Catalog.open(place) as empty:
        assert (empty.anchored_size(), empty.last_undocked_us()) == (0, None)
        assert (empty.first_anchor(0), empty.latest_anchor("tsa-1")) == (None, None)


def test_dockings_newest_first(catalog: Catalog, story: Story) -> None:
    every = [story.imported, story.left_open, story.cut_off, story.second, story.first]
    assert [row.docking for row in catalog.dockings()] == [at.docking for at in every]
    assert [row.docking for row in catalog.dockings(limit=2)] == [at.docking for at in every[:2]]
    assert [row.docking for row in catalog.dockings(FIRST)] == [story.first.docking]


def test_a_docking_and_its_account(catalog: Catalog, story: Story) -> None:
    row = catalog.docking(story.first.docking)
    assert row is not None
    assert (row.slot, row.recorder, row.officer, row.officer_source) == (
        "7", FIRST, "officer-1", "ledger",
    )  # fmt: skip
    assert (row.clock_offset_ms, row.clock_uncertainty_ms) == (-1500, 40)
    assert (row.inventory_parts, row.inventory_parts_seen, row.inventory_found) == (2, 2, 6)
    assert (row.found, row.new, row.known, row.failed, row.skipped) == (8, 5, 1, 1, {"symlink": 1})
    assert (row.state, row.interrupted, row.is_open) == ("removable_incomplete", False, False)
    assert catalog.docking("0" * 32) is None


def test_open_dockings_neither_ended_nor_were_cut_off(catalog: Catalog, story: Story) -> None:
    assert [row.docking for row in catalog.open_dockings()] == [story.left_open.docking]
    cut_off = catalog.docking(story.cut_off.docking)
    assert cut_off is not None
    assert (cut_off.undocked_us, cut_off.is_open) == (None, False)


def test_an_import_names_its_custodian(catalog: Catalog, story: Story) -> None:
    row = catalog.docking(story.imported.docking)
    assert row is not None
    assert row.custodian == "archive room"


def test_quarantined(catalog: Catalog, story: Story) -> None:
    (row,) = catalog.quarantined(story.first.docking)
    assert (row.path, row.reason, row.sha256, row.kept_as) == (
        "DCIM/lost.mp4", "vanished", hex_of("lost"), "1.partial",
    )  # fmt: skip
    assert catalog.quarantined() == [row]
    assert catalog.quarantined(story.second.docking) == []


def test_counts(catalog: Catalog) -> None:
    counts = catalog.counts()
    assert (counts.recordings, counts.objects, counts.occurrences) == (6, 5, 7)
    assert (counts.dockings, counts.open_dockings, counts.quarantined) == (5, 1, 1)
    sizes = [file.size_bytes for file in (VIDEO, UNNAMED, BROKEN, EMPTY, STRANGE)]
    assert counts.object_bytes == sum(sizes)


def test_an_empty_catalog_answers_everything_with_nothing(place: str) -> None:
    with Catalog.open(place) as catalog:
        assert (catalog.log_size, catalog.head) == (0, None)
        assert list(catalog.find(FindQuery())) == []
        assert list(catalog.objects()) == []
        assert catalog.open_dockings() == catalog.dockings() == []
        assert catalog.quarantined() == []
        assert catalog.counts().object_bytes == 0


def test_any_way_of_projecting_gives_the_same_rows(place: str, story: Story) -> None:
    with Catalog.open(place) as catalog:
        for entry in story.entries:
            catalog.apply([entry])
        one_by_one = dump(place)
        catalog.rebuild(story.entries)
        assert dump(place) == one_by_one
        catalog.rebuild(story.entries[:10])
        catalog.apply(story.entries)
        assert dump(place) == one_by_one
        assert catalog.compare(story.entries) == []


def test_it_stays_when_it_is_opened_again(place: str, story: Story) -> None:
    with Catalog.open(place) as catalog:
        catalog.apply(story.entries, "b" * 64)
    before = dump(place)
    with Catalog.open(place) as catalog:
        assert catalog.head == "b" * 64
    with Catalog.open(place, read_only=True) as catalog:
        assert catalog.log_size == len(story.entries)
    assert dump(place) == before


def test_an_edited_row_is_named(place: str, story: Story) -> None:
    with Catalog.open(place) as catalog:
        catalog.apply(story.entries)
        engine = create_engine(place)
        with engine.begin() as connection:
            connection.execute(text("UPDATE recordings SET officer = 'me' WHERE important"))
        engine.dispose()
        (difference,) = catalog.compare(story.entries)
    assert (difference.table, difference.column) == ("recordings", "officer")
    assert (difference.expected, difference.found) == ("officer-1", "me")


def test_another_schema_number_empties_it(place: str, story: Story) -> None:
    with Catalog.open(place) as catalog:
        catalog.apply(story.entries)
    engine = create_engine(place)
    with engine.begin() as connection:
        connection.execute(text("UPDATE meta SET value = '0' WHERE name = 'schema'"))
        connection.execute(text("CREATE TABLE of_an_older_schema (a INTEGER)"))
    engine.dispose()
    with Catalog.open(place) as catalog:
        assert catalog.log_size == 0
        catalog.rebuild(story.entries)
        assert catalog.counts().recordings == 6
    assert "of_an_older_schema" not in dump(place)


def test_ids_are_lower_case_hexadecimal(catalog: Catalog) -> None:
    for row in catalog.find(FindQuery()):
        assert re.fullmatch(r"[0-9a-f]{32}", row.id)
        assert re.fullmatch(r"[0-9a-f]{64}", row.sha256)
