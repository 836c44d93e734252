"""``evd find``, ``show``, ``custody`` and ``why``: what people ask of an archive."""

import pytest

from tests.e2e.conftest import Card
from tests.evd_station import EvdStation

ROW_KEYS = {
    "id",
    "sha256",
    "sm3",
    "size_bytes",
    "original_name",
    "recorder",
    "officer",
    "recorded_at",
    "collected_at",
    "cases",
    "state",
}
"""What every row of ``evd find --json`` holds at least."""


def test_find_prints_every_recording(full_station: EvdStation, cards: list[Card]) -> None:
    rows = full_station.ask("find")
    digests = [(card, digest) for card in cards for digest in card.manifest.objects]
    assert {row["sha256"] for row in rows} == {digest for _, digest in digests}
    assert len(rows) == len(digests)
    assert all(row.keys() >= ROW_KEYS for row in rows)
    times = [row["recorded_at"] for row in rows]
    assert times == sorted(times)
    assert all(row["cases"] == [] and row["state"] == "archived" for row in rows)


def test_find_by_recorder_officer_text_and_limit(full_station: EvdStation) -> None:
    of_two = full_station.ask("find", "--recorder", "4560002")
    assert {row["recorder"] for row in of_two} == {"4560002"}
    assert of_two == full_station.ask("find", "--officer", "100002", "--unlinked")
    assert full_station.ask("find", "--recorder", "4560002", "--limit", "2") == of_two[:2]
    important = full_station.ask("find", "--text", "0003imp")
    assert [row["important"] for row in important] == [True]
    assert full_station.ask("find", "--officer", "none") == []


def test_dates_are_the_stations(full_station: EvdStation) -> None:
    """Recordings begin at 08:30:01 in Shanghai on 2024-03-01, that is 00:30:01 UTC."""

    def count(*words: str, zone: str = "Asia/Shanghai") -> int:
        asked = ("find", "--recorder", "4560002", *words)
        return len(full_station.ask(*asked, EVD_STATION__TIMEZONE=zone))

    assert count("--from", "2024-03-01", "--to", "2024-03-01") == 3
    assert count("--to", "2024-02-29") == 0
    assert count("--from", "2024-03-02") == 0
    assert count("--from", "2024-03-01T08:35:01") == 2
    assert count("--to", "2024-03-01T08:30:01") == 0
    assert count("--to", "2024-03-01T00:30:02Z") == 1
    assert count("--from", "2024-03-01", zone="America/New_York") == 0


def test_people_get_local_times_and_short_ids(full_station: EvdStation) -> None:
    done = full_station.evd("find", "--recorder", "4560002", "--lang", "zh")
    heading, first, *_ = done.stdout.splitlines()
    assert heading.split("\t")[:4] == ["编号", "录制时间", "记录仪", "警员"]
    identity, recorded, *_, state = first.split("\t")
    assert recorded == "2024-03-01 08:30:01"
    assert state == "已归档"
    [row] = full_station.ask("find", "--recorder", "4560002", "--limit", "1")
    assert row["id"].startswith(identity)


def test_show_takes_the_beginning_of_an_id(full_station: EvdStation, cards: list[Card]) -> None:
    [row] = full_station.ask("find", "--text", "0003imp")
    [shown] = full_station.ask("show", row["id"][:8].upper())
    assert shown.items() >= row.items()
    assert shown["stores"] == ["landing"]
    paths = {path.decode() for path, file in cards[0].manifest.by_path.items() if file.counter == 3}
    assert {seen["path"] for seen in shown["occurrences"]} == paths
    assert len(paths) == 2
    text = full_station.evd("show", row["id"]).stdout
    assert f"SHA-256: {row['sha256']}" in text
    assert text.count("Seen: ") == 2


def test_custody_tells_the_whole_history(full_station: EvdStation) -> None:
    [row] = full_station.ask("find", "--recorder", "4560002", "--limit", "1")
    *events, statement = full_station.ask("custody", row["id"])
    acts = [event["act"] for event in events]
    assert acts == ["dock", "identify", "inventory", "ingest", "undock", "receipt"]
    assert [event["seq"] for event in events] == sorted(event["seq"] for event in events)
    assert {"seq", "time", "act", "actor", "docking", "summary"} <= events[0].keys()
    shown = full_station.evd("custody", row["id"][:10], "--lang", "zh").stdout
    assert shown.splitlines()[0] == "条目\t时间\t事件\t操作者\t内容"
    assert "\t归档\t" in shown
    assert statement["type"] == "statement"
    assert statement["recorded"]["at"] == row["recorded_at"]
    assert statement["received"] == {
        "at": row["collected_at"],
        "clock": statement["received"]["clock"],
        "entry": next(event["seq"] for event in events if event["act"] == "ingest"),
    }
    assert statement["not_later_than"] == []
    assert statement["officer"] == {"id": "100002", "source": "file_name"}
    assert statement["not_proven"]["zh"] in shown
    assert "不晚于: 尚无时间戳或见证界定" in shown


def test_why_says_what_keeps_a_recording(full_station: EvdStation) -> None:
    [row] = full_station.ask("find", "--limit", "1")
    [told] = full_station.ask("why", row["id"])
    assert (told["id"], told["kept"], told["until"]) == (row["id"], True, None)
    assert "Kept until: for good" in full_station.evd("why", row["id"]).stdout


@pytest.mark.parametrize("verb", ["show", "custody", "why"])
def test_an_id_that_nothing_has(full_station: EvdStation, verb: str) -> None:
    present = {row["id"][:6] for row in full_station.ask("find")}
    absent = next(f"{n:06x}" for n in range(1 << 24) if f"{n:06x}" not in present)
    [error] = full_station.ask(verb, absent, code=60)
    assert error["code"] == "NO_SUCH_RECORDING"


@pytest.mark.parametrize(
    "words",
    [("show", "../x"), ("show", ""), ("find", "--from", "yesterday"), ("find", "--limit", "0")],
    ids=["path", "empty", "date", "limit"],
)
def test_a_question_that_cannot_be_asked(full_station: EvdStation, words: tuple[str, ...]) -> None:
    assert full_station.ask(*words, code=2)[0]["code"] == "USAGE"


def test_an_id_that_begins_several(full_station: EvdStation) -> None:
    beginnings = [row["id"][:1] for row in full_station.ask("find")]
    twice = next(each for each in beginnings if beginnings.count(each) > 1)
    [error] = full_station.ask("show", twice, code=62)
    assert error["code"] == "AMBIGUOUS_ID"
