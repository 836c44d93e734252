"""Check 16 on archives whose checkpoints were cosigned, honestly and not."""

import base64
from pathlib import Path

import pytest

from archive.log.kept import KeptCheckpoints, size_of
from archive.verify.archive import ArchiveVerdict, Progress, Question, verify_archive
from hashing.acts import validate
from hashing.checkpoint import Checkpoint
from hashing.cosignature import CosignatureType, CosigningKey
from hashing.entry import Act
from hashing.errors import LogInconsistent
from hashing.findings import Check
from hashing.note import Signature, SignedNote, SigningKey, sign
from hashing.policy import Policy
from tests.logbook import Logbook, leaf, naive_root

TIME_S = 1_790_000_000
ED25519 = CosigningKey.generate("witness.example/e")
ML_DSA = CosigningKey.generate("witness.example/m", CosignatureType.ML_DSA_44)


class Station:
    """An archive's log on disk, with checkpoints that witnesses cosigned."""

    def __init__(self, folder: Path, size: int = 5) -> None:
        self.folder = folder
        self.book = Logbook().fill(size)

    def note(
        self, size: int, *witnesses: CosigningKey, key: SigningKey | None = None
    ) -> SignedNote:
        """The checkpoint of a size, cosigned."""
        root = naive_root([leaf(entry) for entry in self.book.entries[:size]])
        body = Checkpoint(self.book.origin, size, root).body()
        note = SignedNote.parse(sign(body, [key or self.book.key]))
        lines = [witness.cosign(body, TIME_S) for witness in witnesses]
        return SignedNote(note.text, (*note.signatures, *lines))

    def keep(self, note: SignedNote) -> None:
        KeptCheckpoints(self.folder / "log").keep(note)

    def log_witness(self, size: int, witness: CosigningKey) -> None:
        root = naive_root([leaf(entry) for entry in self.book.entries[:size]])
        body = {
            "size": size,
            "root": root.hex(),
            "witness": witness.name,
            "vkey": str(witness.verifier),
            "method": "http",
            "cosigned_time": "2026-09-21T14:13:20.000000Z",
        }
        validate(Act.WITNESS, body)
        self.book.append(Act.WITNESS, body)

    def verify(self, *witnesses: CosigningKey, quorum: str = "all") -> ArchiveVerdict:
        """Write the log, and verify it with a policy of these witnesses."""
        for name, data in self.book.files().items():
            path = self.folder / "log" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        lines = [f"log {self.book.first_key.verifier}"]
        lines += [f"witness w{n} {key.verifier}" for n, key in enumerate(witnesses)]
        names = " ".join(f"w{n}" for n in range(len(witnesses)))
        lines += [f"group g {quorum} {names}", "quorum g"] if witnesses else ["quorum none"]
        policy = Policy.parse(("\n".join(lines) + "\n").encode())
        return verify_archive(self.folder, Question(policy=policy), Progress())

    def verify_alone(self) -> ArchiveVerdict:
        self.verify()
        question = Question(key=self.book.first_key.verifier)
        return verify_archive(self.folder, question, Progress())


@pytest.fixture
def station(tmp_path: Path) -> Station:
    (tmp_path / "log").mkdir()
    return Station(tmp_path)


def codes(verdict: ArchiveVerdict) -> list[tuple[int, str, str]]:
    return [(found.check, found.code, found.subject) for found in verdict.findings]


def test_a_quorum_over_a_kept_checkpoint(station: Station) -> None:
    station.keep(station.note(3, ED25519, ML_DSA))
    verdict = station.verify(ED25519, ML_DSA)
    assert codes(verdict) == [(16, "WITNESSED", ED25519.name), (16, "WITNESSED", ML_DSA.name)]
    assert (verdict.ok, verdict.exit_code, verdict.log.origin_proven) == (True, 0, True)
    assert verdict.findings[0].detail == "cosigned 3 entries at 2026-09-21T14:13:20Z"
    assert "the last 2 entries: no quorum of witnesses has cosigned them yet" in verdict.not_checked
    assert not any(sentence.startswith("times:") for sentence in verdict.not_checked)


def test_cosignatures_of_one_size_are_gathered(station: Station) -> None:
    station.keep(station.note(4, ED25519))
    station.keep(station.note(4, ML_DSA))
    station.keep(station.note(2, ED25519, ML_DSA))
    verdict = station.verify(ED25519, ML_DSA)
    assert [found.detail[:18] for found in verdict.findings] == ["cosigned 4 entries"] * 2


def test_half_a_quorum_at_each_of_two_sizes_is_none(station: Station) -> None:
    station.keep(station.note(3, ED25519))
    station.keep(station.note(4, ML_DSA))
    verdict = station.verify(ED25519, ML_DSA)
    assert codes(verdict) == [(16, "QUORUM_NOT_REACHED", "witnesses")]
    assert verdict.exit_code == 31
    assert station.verify(ED25519, ML_DSA, quorum="any").ok


def test_a_rotated_key_may_be_the_one_that_a_policy_accepts(station: Station) -> None:
    before = station.note(3, ED25519)
    station.keep(before)
    station.book.rotate()
    station.book.fill(8)
    assert station.verify(ED25519).ok
    lines = f"log {station.book.key.verifier}\nquorum none\n"
    question = Question(policy=Policy.parse(lines.encode()))
    assert verify_archive(station.folder, question, Progress()).log.origin_proven


def test_witnesses_that_only_the_log_names_decide_nothing(station: Station) -> None:
    station.keep(station.note(3, ED25519))
    station.log_witness(3, ED25519)
    verdict = station.verify_alone()
    assert codes(verdict) == [(16, "WITNESSED", ED25519.name)]
    assert "only the log itself names this witness" in verdict.findings[0].detail
    assert "witnesses: no policy says whose cosignatures count" in verdict.not_checked
    assert "times: no token or witness bounds them" in verdict.not_checked


def test_a_kept_checkpoint_of_another_history(station: Station) -> None:
    fork = Station(station.folder, 2)
    fork.book = Logbook(key=station.book.key).fill(2)
    fork.book.append(Act.ALARM, {"alarm": "test", "subject": "slot 8", "detail": "forked"})
    station.keep(fork.note(3, ED25519))
    verdict = station.verify(ED25519)
    assert codes(verdict) == [
        (9, "ROLLED_BACK", "checkpoints/3"),
        (16, "QUORUM_NOT_REACHED", "witnesses"),
    ]
    assert verdict.exit_code == 33


def test_a_kept_checkpoint_longer_than_the_log(station: Station) -> None:
    longer = Station(station.folder)
    longer.book = Logbook(key=station.book.key).fill(9)
    station.keep(longer.note(9, ED25519))
    assert codes(station.verify())[0] == (9, "ROLLED_BACK", "checkpoints/9")


def test_a_wrong_cosignature(station: Station) -> None:
    note = station.note(3, ED25519)
    wrong = Signature(ED25519.name, ED25519.verifier.key_hash, bytes(72))
    station.keep(SignedNote(note.text, (note.signatures[0], wrong)))
    assert codes(station.verify(ED25519))[0] == (16, "SIGNATURE", "checkpoints/3")
    station.log_witness(3, ED25519)
    assert codes(station.verify_alone()) == [(16, "SIGNATURE", "checkpoints/3")]


def test_a_kept_checkpoint_that_the_log_did_not_sign(station: Station) -> None:
    station.keep(station.note(3, ED25519, key=SigningKey.generate(station.book.origin)))
    assert codes(station.verify(ED25519)) == [
        (9, "SIGNATURE", "checkpoints/3"),
        (16, "QUORUM_NOT_REACHED", "witnesses"),
    ]


def test_what_an_entry_speaks_of_must_be_there(station: Station) -> None:
    station.log_witness(3, ED25519)
    assert codes(station.verify_alone()) == [(16, "MISSING_FILE", "checkpoints/3")]
    station.keep(station.note(3))
    assert codes(station.verify_alone()) == [(16, "SIGNATURE", "checkpoints/3")]
    station.keep(station.note(3, ED25519))
    assert station.verify_alone().ok


@pytest.mark.parametrize("name", ["3", "03", "x", "checkpoint.bak", "99999999999999999999"])
def test_a_file_that_is_no_kept_checkpoint(station: Station, name: str) -> None:
    folder = station.folder / "log/checkpoints"
    folder.mkdir()
    (folder / name).write_bytes(b"garbage")
    assert codes(station.verify()) == [(9, "LOG_INCONSISTENT", f"checkpoints/{name}")]
    (folder / name).write_bytes(station.note(2).encode())
    assert codes(station.verify()) == [(9, "LOG_INCONSISTENT", f"checkpoints/{name}")]


def test_keeping_only_adds(station: Station) -> None:
    kept = KeptCheckpoints(station.folder / "log")
    kept.keep(station.note(3, ED25519))
    whole = kept.keep(station.note(3, ML_DSA))
    assert [line.name for line in whole.signatures] == [
        station.book.origin,
        ED25519.name,
        ML_DSA.name,
    ]
    assert kept.read("3") == whole.encode()
    kept.keep(whole)
    assert kept.names() == ["3"]
    other = Checkpoint(station.book.origin, 3, b"\x01" * 32).body()
    with pytest.raises(LogInconsistent):
        kept.keep(SignedNote.parse(sign(other, [station.book.key])))
    assert kept.read("3") == whole.encode()


def test_names_of_kept_checkpoints(station: Station) -> None:
    kept = KeptCheckpoints(station.folder / "log")
    assert kept.names() == []
    for size in (4, 2, 3):
        kept.keep(station.note(size))
    (station.folder / "log/checkpoints/.5.new").write_bytes(b"")
    (station.folder / "log/checkpoints/x").write_bytes(b"")
    assert kept.names() == ["2", "3", "4", "x"]
    assert kept.read("17") is None
    assert [size_of(name) for name in ("0", "10", "00", "-1", "١", "")] == [
        0,
        10,
        None,
        None,
        None,
        None,
    ]


def test_an_empty_log_folder_has_no_quorum(station: Station) -> None:
    (station.folder / "log/tile").mkdir()
    policy = Policy.parse(f"witness w {ED25519.verifier}\nquorum w\n".encode())
    verdict = verify_archive(station.folder, Question(policy=policy), Progress())
    assert {found.check for found in verdict.findings} == {Check.CHECKPOINT, Check.WITNESSES}
    assert base64.b64encode(verdict.log.root) == b""
