from collections import Counter

import pytest

from archive.errors import DiskFull
from evidence_daemon.error_report import RelayedError, parse_report, report_of
from evidence_daemon.errors import ServiceBroken
from evidence_daemon.generate.errors import error_classes
from hashing.errors import EvidenceError


@pytest.fixture(scope="module")
def classes() -> list[type[EvidenceError]]:
    return list(error_classes())


def test_every_code_belongs_to_one_class(classes: list[type[EvidenceError]]) -> None:
    counts = Counter(kind.code for kind in classes)
    assert [code for code, count in counts.items() if count > 1] == []


def test_every_error_exits_within_the_bands(classes: list[type[EvidenceError]]) -> None:
    outside = {kind.code: kind.exit_code for kind in classes if kind.exit_code not in range(128)}
    assert outside == {}
    assert [kind.code for kind in classes if kind.exit_code == 1] == []


def test_every_error_says_everything_in_both_languages(classes: list[type[EvidenceError]]) -> None:
    for kind in classes:
        assert kind.code == kind.code.upper()
        assert kind.__doc__, kind
        for words in (kind.meaning, kind.action):
            assert words.en.isascii(), kind
            assert words.en.endswith("."), kind
            assert words.zh.endswith("。"), kind


def test_a_report_survives_the_wire() -> None:
    report = report_of(DiskFull("no room for a.mp4"))
    assert parse_report(report.as_json()) == report
    assert report_of(RelayedError(report)) == report


@pytest.mark.parametrize(
    "data",
    [{}, {"code": "X"}, {**report_of(DiskFull("x")).as_json(), "meaning": "text"}],
    ids=["empty", "incomplete", "flat_words"],
)
def test_what_is_no_report_is_told_as_a_broken_service(data: dict[str, object]) -> None:
    with pytest.raises(ServiceBroken):
        parse_report(data)
