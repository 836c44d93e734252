"""``verify.html`` in a real browser: a package with a sparse original of 6 GiB, and a long log."""

import base64
import hashlib
import statistics
from pathlib import Path

from bench.harness import Report, Row, timed, workspace
from bench.logs import life, write_log
from hashing.canonical import encode
from hashing.entry import Act, Entry, parse
from hashing.note import SigningKey
from hashing.recording import recording_id
from tests.browser import CHROMIUM, DRIVER, browser
from tests.logbook import Logbook, leaf
from tests.page_verifier import PageVerifier
from tests.tiny_tree import inclusion

GIBIBYTE = 1 << 30
SIZE_BYTES = 6 * GIBIBYTE
RECORDINGS = 30_000
ROUNDS = 1
ORIGINAL_LIMIT_BYTES = 384 << 20
LOG_LIMIT_BYTES = 512 << 20


def digests_of_zeros(size_bytes: int) -> dict[str, str]:
    """SHA-256 and SM3 of so many zero bytes."""
    piece = bytes(4 << 20)
    making = {name: hashlib.new(name) for name in ("sha256", "sm3")}
    for start in range(0, size_bytes, len(piece)):
        for digest in making.values():
            digest.update(piece[: size_bytes - start])
    return {name: digest.hexdigest() for name, digest in making.items()}


def ingest_body(digests: dict[str, str], size_bytes: int) -> dict[str, object]:
    """The entry's body of a recording with these bytes."""
    return {
        "docking": "d" * 32,
        "recording": recording_id("recorder", digests["sha256"]),
        "recorder": "recorder",
        "officer": None,
        "object": {**digests, "size_bytes": size_bytes},
        "complete": True,
        "path": "large.mp4",
        "mtime_us": 0,
        "mtime_zone": "utc",
        "sample": "0" * 64,
        "name": None,
    }


def write_package(folder: Path, size_bytes: int) -> str:
    """An evidence package of one sparse original; its verifier key."""
    digests = digests_of_zeros(size_bytes)
    book = Logbook()
    book.append(Act.INGEST, ingest_body(digests, size_bytes))
    entry = parse(book.entries[1])
    path = f"data/recordings/{entry.fields['recording']}/large.mp4"
    files = proof_files(book, entry, path)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    (folder / path).parent.mkdir(parents=True)
    with (folder / path).open("wb") as original:
        original.truncate(size_bytes)
    for name, digest in digests.items():
        (folder / f"manifest-{name}.txt").write_text(f"{digest}  {path}\n")
    tags = sorted(p for p in folder.rglob("*") if p.is_file() and folder / "data" not in p.parents)
    lines = (
        f"{hashlib.sha256(p.read_bytes()).hexdigest()}  {p.relative_to(folder)}\n" for p in tags
    )
    (folder / "tagmanifest-sha256.txt").write_text("".join(lines))
    return str(book.key.verifier)


def proof_files(book: Logbook, entry: Entry, path: str) -> dict[str, bytes]:
    """Declaration, index, entries and their proofs."""
    checkpoint = book.files()["checkpoint"]
    leaves = [leaf(raw) for raw in book.entries]
    said = {key: entry.fields["object"][key] for key in ("sha256", "sm3", "size_bytes")}
    recording = {"recording": entry.fields["recording"], "path": path, "seq": 1, **said}
    index = {
        "v": 1,
        "kind": "evidence_package",
        "created": entry.fields["time"],
        "origin": book.origin,
        "vkey": str(book.key.verifier),
        "size": len(book.entries),
        "recordings": [recording],
        "entries": list(range(len(book.entries))),
        "anchors": [],
        "not_included": [],
    }
    files = {
        "bagit.txt": b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n",
        "bag-info.txt": f"Payload-Oxum: {said['size_bytes']}.1\n".encode(),
        "proof/package.json": encode(index),
        "proof/checkpoint": checkpoint,
    }
    for seq, raw in enumerate(book.entries):
        hashes = "".join(f"{_base64(each)}\n" for each in inclusion(seq, leaves))
        head = f"c2sp.org/tlog-proof@v1\nindex {seq}\n{hashes}\n".encode()
        files[f"proof/entries/{seq}.json"] = raw
        files[f"proof/entries/{seq}.tlog-proof"] = head + checkpoint
    return files


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def write_archive(folder: Path, size_bytes: int) -> str:
    """An archive of one sparse object that has no SM3; its verifier key."""
    digests = digests_of_zeros(size_bytes)
    digests.pop("sm3")
    book = Logbook()
    book.append(Act.INGEST, ingest_body(digests, size_bytes))
    for name, data in book.files().items():
        (folder / "log" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "log" / name).write_bytes(data)
    place = folder / "objects" / digests["sha256"][:2] / digests["sha256"]
    place.parent.mkdir(parents=True)
    with place.open("wb") as file:
        file.truncate(size_bytes)
    return str(book.key.verifier)


def measure(folder: Path, key: str) -> tuple[list[float], dict[str, int]]:
    """Seconds of each verification in a browser of its own, and the peaks of memory."""
    times: list[float] = []
    peaks: dict[str, int] = {}
    for _ in range(ROUNDS):
        with browser() as session:
            page = PageVerifier(session)
            page.give(folder, key)

            def once(page: PageVerifier = page) -> None:
                page.start()
                found = page.wait(patience_s=3600)
                assert found.exit_code == 0, found.findings

            times.append(timed(once))
            for kind, peak in session.peak_memory().items():
                peaks[kind] = max(peaks.get(kind, 0), peak)
    return times, peaks


def _rate(name: str, amount: float, unit: str, times: list[float]) -> Row:
    rates = [amount / each for each in times]
    spread = f"{min(rates):,.0f}-{max(rates):,.0f}"
    return Row(name, f"{statistics.median(rates):,.0f} {unit}", spread)


def _peak(name: str, peak: int, limit: int) -> Row:
    return Row(name, f"{peak >> 20} MiB", "most", f"<= {limit >> 20} MiB", peak <= limit)


def main() -> Report:
    """Run the bench."""
    rows: list[Row] = []
    if CHROMIUM is not None and DRIVER is not None:
        rows = _rows()
    return Report(
        "verify.html in Chromium: an original of 6 GiB, and a log",
        "python -m bench verify_in_browser",
        rows,
        "One run of each, in a new headless Chromium. The original is sparse, so that the disk has "
        "no part in it. SHA-256 and SM3 are the page's own JavaScript, in one worker at a time."
        if rows
        else "Chromium and its driver are not installed.",
    )


def _rows() -> list[Row]:
    mebibytes = SIZE_BYTES >> 20
    rows: list[Row] = []
    with workspace() as folder:
        for name, write in (("SHA-256 and SM3", write_package), ("SHA-256", write_archive)):
            place = folder / name
            place.mkdir()
            times, peaks = measure(place, write(place, SIZE_BYTES))
            rows += [
                _rate(f"an original of 6 GiB, {name}", mebibytes, "MiB/s", times),
                _peak(f"page's peak memory, {name}", peaks["renderer"], ORIGINAL_LIMIT_BYTES),
                _peak(f"browser's peak memory, {name}", peaks["browser"], ORIGINAL_LIMIT_BYTES),
            ]
        key = SigningKey.generate_origin("bench/station")
        log = folder / "log"
        write_log(log, key, life(key, RECORDINGS))
        size = int((log / "checkpoint").read_text("utf-8").split("\n")[1])
        times, peaks = measure(log, str(key.verifier))
        rows += [
            _rate(f"a log of {size:,} entries", size, "entries/s", times),
            _peak("page's peak memory, log", peaks["renderer"], LOG_LIMIT_BYTES),
        ]
    return rows
