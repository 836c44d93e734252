"""``evd log``: the head, the entries, proofs, and going on after a loss."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from hashing.merkle import verify_consistency
from hashing.tlog_proof import parse_hash_lines
from tests.e2e.conftest import Card
from tests.evd_process import run
from tests.evd_station import EvdStation
from tests.go_oracle import is_missing, judge
from tests.logbook import leaf, naive_root


def test_the_head_is_the_signed_note_as_it_stands(full_station: EvdStation) -> None:
    note = (full_station.archive / "log/checkpoint").read_text("utf-8")
    assert full_station.evd("log", "head").stdout == note
    [told] = full_station.ask("log", "head")
    assert told["checkpoint"] == note
    assert told["size"] == len(full_station.site.entries())
    for terminal in ({"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "gbk"}):
        config = ("--config", str(full_station.config))
        assert run(*config, "log", "head", env=terminal).returncode == 0


def test_entries_by_their_numbers(full_station: EvdStation) -> None:
    entries = full_station.site.entries()
    assert full_station.ask("log", "show") == entries
    assert full_station.ask("log", "show", "--from", "2", "--to", "5") == entries[2:5]
    assert full_station.ask("log", "show", "--from", "9999") == []
    shown = full_station.evd("log", "show", "--to", "1", "--lang", "zh").stdout.splitlines()
    assert shown[0].startswith("条目\t时间\t事件")
    assert shown[1].startswith("0\t")
    assert "\t签名密钥\tstation\t" in shown[1]


def test_a_proof_is_checked_without_us(full_station: EvdStation) -> None:
    """C2SP tlog-proof, RFC 9162 §2.1.3.2 and the signed note, each from its specification."""
    rows = full_station.ask("find")
    for row in (rows[0], rows[-1]):
        text = full_station.evd("log", "prove", row["id"]).stdout
        proof, body, signatures = text.split("\n\n")
        form, extra, index_line, *hashes = proof.split("\n")
        assert form == "c2sp.org/tlog-proof@v1"
        entry = base64.b64decode(extra.removeprefix("extra "))
        index = int(index_line.removeprefix("index "))
        fields = json.loads(entry)
        assert (fields["recording"], fields["seq"]) == (row["id"], index)
        assert fields["object"]["sha256"] == row["sha256"]
        origin, size, root = body.split("\n")
        leaf = hashlib.sha256(b"\x00" + entry).digest()
        path = [base64.b64decode(each) for each in hashes]
        assert _root(leaf, index, int(size), path) == base64.b64decode(root)
        _, _, key = full_station.key.partition("+")[2].partition("+")
        signer, signature = signatures.strip().removeprefix("— ").split(" ")
        assert signer == origin
        public = Ed25519PublicKey.from_public_bytes(base64.b64decode(key)[1:])
        public.verify(base64.b64decode(signature)[4:], f"{body}\n".encode())


def test_two_sizes_of_the_log_are_consistent(full_station: EvdStation) -> None:
    """The lines that are printed, against roots that are made from the entries' bundles."""
    size = len(full_station.site.entries())
    leaves = [leaf(entry) for entry in _raw_entries(full_station)]
    for old, new in ((1, size), (3, 7), (5, 5), (4, 8)):
        words = ("log", "prove", "--from", str(old), "--to", str(new))
        lines = full_station.evd(*words).stdout
        hashes = parse_hash_lines(lines.encode())
        verify_consistency(old, new, naive_root(leaves[:old]), naive_root(leaves[:new]), hashes)
        [told] = full_station.ask(*words)
        assert told["old_root"] == naive_root(leaves[:old]).hex()
        assert told["root"] == naive_root(leaves[:new]).hex()
    assert full_station.ask("log", "prove", "--from", "1")[0]["to"] == size
    for wrong in (["--from", "1", "--to", "99999"], ["--from", "5", "--to", "4"]):
        assert full_station.ask("log", "prove", *wrong, code=3)[0]["code"] == "NO_SUCH_PROOF"
    for wrong in ([], ["abcd", "--from", "1"], ["--to", "3"]):
        assert full_station.ask("log", "prove", *wrong, code=2)[0]["code"] == "USAGE"


@pytest.mark.skipif(bool(is_missing()), reason=is_missing() or "Go is there")
def test_the_log_and_what_is_printed_of_it_stand_before_go(
    station: EvdStation, cards: list[Card], tmp_path: Path
) -> None:
    old, new = tmp_path / "old.checkpoint", tmp_path / "new.checkpoint"
    old.write_text(station.evd("log", "head").stdout, "utf-8")
    size = judge("log", station.archive / "log", station.key).size
    station.ask("ingest", str(cards[0].path))
    new.write_text(station.evd("log", "head").stdout, "utf-8")
    grown = judge("log", station.archive / "log", station.key)
    assert grown.size == len(station.site.entries()) > size
    lines = tmp_path / "consistency"
    lines.write_text(station.evd("log", "prove", "--from", str(size)).stdout, "utf-8")
    assert judge("consistency", lines, old, new, station.key).root == grown.root
    proof = tmp_path / "recording.tlog-proof"
    for row in station.ask("find"):
        proof.write_text(station.evd("log", "prove", row["id"]).stdout, "utf-8")
        assert judge("inclusion", proof, station.key).root == grown.root


def _raw_entries(station: EvdStation) -> list[bytes]:
    entries: list[bytes] = []
    for bundle in (station.archive / "log/tile/entries").rglob("*.p/*"):
        data = bundle.read_bytes()
        while data:
            length = 2 + int.from_bytes(data[:2], "big")
            entries.append(data[2:length])
            data = data[length:]
    return entries


def _root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    fn, sn, made = index, size - 1, leaf
    for sibling in path:
        assert sn
        if fn & 1 or fn == sn:
            made = hashlib.sha256(b"\x01" + sibling + made).digest()
            while fn and not fn & 1:
                fn, sn = fn >> 1, sn >> 1
        else:
            made = hashlib.sha256(b"\x01" + made + sibling).digest()
        fn, sn = fn >> 1, sn >> 1
    assert sn == 0
    return made


def test_a_whole_log_is_not_succeeded(station: EvdStation) -> None:
    before = station.evd("log", "head").stdout
    [error] = station.ask("log", "succeed", "--reason", "no reason", code=61)
    assert error["code"] == "POLICY"
    assert station.ask("log", "succeed", "--reason", " ", code=2)[0]["code"] == "USAGE"
    assert station.evd("log", "head").stdout == before


@pytest.mark.parametrize("lost", ["key", "log"])
def test_a_lost_log_is_followed_by_one_that_says_so(
    station: EvdStation, cards: list[Card], tmp_path: Path, lost: str
) -> None:
    known = tmp_path / "known.txt"
    known.write_text(station.evd("log", "head").stdout, "utf-8")
    old = len(station.site.entries())
    objects = set(station.site.objects())
    if lost == "key":
        (station.folder / "keys/log.key").unlink()
    else:
        for bundle in (station.archive / "log/tile/entries").rglob("*.p/*"):
            data = bytearray(bundle.read_bytes())
            data[-9] ^= 1
            bundle.write_bytes(data)
    words = ("log", "succeed", "--reason", "burnt", "--known", str(known), "--key", station.key)
    [told] = station.ask(*words)
    assert told["succeeds"]["size"] == old
    assert told["verifier_key"] != station.key
    after = EvdStation(station.folder, told["verifier_key"])
    first = after.site.entries()[0]
    assert (first["act"], first["succeeds"]["reason"]) == ("key", "burnt")
    assert first["succeeds"]["origin"] == station.key.partition("+")[0]
    assert set(after.site.objects()) == objects
    rows = after.ask("find")
    assert {row["sha256"] for row in rows} == objects
    verdict = after.ask("verify", "--deep", "--key", after.key)[-1]
    assert (verdict["ok"], verdict["origin_proven"]) == (True, True)
    summary = after.ask("ingest", str(cards[1].path))[-1]
    assert (summary["new"], summary["known"]) == (0, 3)


def test_a_known_head_must_be_the_old_logs(station: EvdStation, tmp_path: Path) -> None:
    known = tmp_path / "known.txt"
    text = station.evd("log", "head").stdout
    size = text.split("\n")[1]
    known.write_text(text.replace(f"\n{size}\n", f"\n{int(size) + 1}\n"), "utf-8")
    (station.folder / "keys/log.key").unlink()
    words = ("log", "succeed", "--reason", "burnt", "--known", str(known), "--key", station.key)
    assert station.ask(*words, code=31)[0]["code"] == "SIGNATURE"
    assert not list(station.archive.glob("log.*"))
