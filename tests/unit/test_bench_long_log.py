"""The log that benches lay out quickly is a log like any other."""

from pathlib import Path

from archive.log.reader import LogFiles
from archive.log.store import LogStore
from bench.long_log import long_life, write_long_log
from bench.verifying import verify_apart
from hashing.entry import Act
from hashing.note import SigningKey
from tests.engine_logs import assert_intact
from tests.histories import recording_id

SIZE = 1_000


def test_every_entry_holds_and_is_of_its_own(tmp_path: Path) -> None:
    key = SigningKey.generate_origin("bench/dock")
    write_long_log(tmp_path, key, SIZE)
    fields = assert_intact(tmp_path, key)
    assert len(fields) == SIZE
    ingests = [each for each in fields if each["act"] == Act.INGEST]
    assert len({str(each["recording"]) for each in ingests}) == len(ingests) > SIZE / 2
    for each in ingests:
        object_ = each["object"]
        assert isinstance(object_, dict)
        assert each["recording"] == recording_id(str(each["recorder"]), object_["sha256"])
    dockings = {each["docking"] for each in fields if each["act"] == Act.DOCK}
    assert len(dockings) == -(-(SIZE - 2) // 26)


def test_it_is_what_the_writer_would_have_written(tmp_path: Path) -> None:
    key = SigningKey.generate_origin("bench/dock")
    write_long_log(tmp_path / "quick", key, SIZE)
    entries = [raw for (raw, _), _ in zip(long_life(key), range(SIZE), strict=False)]
    LogStore(tmp_path / "written", key).append(entries)
    quick, written = (LogFiles(tmp_path / name) for name in ("quick", "written"))
    assert quick.checkpoint() == written.checkpoint()
    for name in sorted((tmp_path / "written").rglob("*")):
        twin = tmp_path / "quick" / name.relative_to(tmp_path / "written")
        assert twin.is_dir() if name.is_dir() else twin.read_bytes() == name.read_bytes()


def test_its_verification_is_measured_by_tenths(tmp_path: Path) -> None:
    key = SigningKey.generate_origin("bench/dock")
    write_long_log(tmp_path, key, 26 * 256)
    cost = verify_apart(tmp_path, key.verifier)
    assert cost.entries == 26 * 256
    assert len(cost.tenths_s) == 10
    assert 0 < sum(cost.tenths_s) <= cost.cpu_s
    assert 1 < cost.rss_at_tenth_mib <= cost.rss_at_end_mib
