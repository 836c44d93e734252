"""The requests of litewitness's own test (C2SP tlog-witness), with their statuses in turn."""

import pytest

from hashing.note import VerifierKey
from hashing.witness import AddCheckpoint, SeenHead, decide

ORIGIN = "sigsum.org/v1/tree/4d6d8825a6bb689d459628312889dfbb0bcd41b5211d9e1ce768b0ff0309e562"
PUBLIC = bytes.fromhex("ffdc2d4d98e4124d3feaf788c0c2f9abfd796083d1f0495437f302ec79cf100f")
TRUSTED = {ORIGIN: [VerifierKey.of(ORIGIN, PUBLIC)]}
HASHES = {
    1: "KgEAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    2: "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    3: "KgMAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    4: "KgQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
}
CHANGED = "KgIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAABA="
PAIR = "+fUDV+k970B4I3uKrqJM4aP1lloPZP8mvr2Z4wRw2LI="
NODE = "wgiIFdZfYNv6WU1OllBKsWnLYIS/DBMqt8Uh/S4OukE="
CHECKPOINTS = {
    1: (
        "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
        "UgIom7fPZTqpxWWhyjWduBvTvGVqsokMbqTArsQilegKoFBJQjUFAmQ0+YeSPM3wfUQMFSzVnnNuWRTYrajXpNUbIQY=",
    ),
    3: (
        "RcCI1Nk56ZcSmIEfIn0SleqtV7uvrlXNccFx595Iwl0=",
        "UgIom2VbtIcdFbwFAy1n7s6IkAxIY6J/GQOTuZF2ORV39d75cbAj2aQYwyJre36kezNobZs4SUUdrcawfAB8WVrx6go=",
    ),
    5: (
        "QrtXrQZCCvpIgsSmOsah7HdICzMLLyDfxToMql9WTjY=",
        "UgIomw/EOJmWi0i1FQsOj+etB7F8IccFam/jgd6wzRns4QPVmyEZtdvl1U2KEmLOZ/ASRcWJi0tW90dJWAShei7sDww=",
    ),
}


def request(old: int, size: int, *proof: str, origin: str = ORIGIN, last: str = "") -> bytes:
    root, signature = CHECKPOINTS[size]
    if last:
        signature = signature[: -len(last)] + last
    lines = [f"old {old}", *proof, "", origin, str(size), root, "", f"— {origin} {signature}"]
    return "".join(f"{line}\n" for line in lines).encode()


STEPS: list[tuple[str, bytes, int]] = [
    ("first", request(0, 1), 200),
    ("changed signature", request(1, 3, HASHES[1], HASHES[2], last="6gx="), 400),
    ("wrong signature", request(1, 3, HASHES[1], HASHES[2], last="6gw="), 403),
    ("unknown log", request(1, 3, HASHES[1], HASHES[2], origin=ORIGIN[:-1] + "3"), 404),
    ("no proof", request(1, 3), 422),
    ("changed proof", request(1, 3, HASHES[1], CHANGED), 422),
    ("consistent", request(1, 3, HASHES[1], HASHES[2]), 200),
    ("behind", request(1, 5, HASHES[1], PAIR, HASHES[4]), 409),
    ("again", request(3, 5, HASHES[2], HASHES[3], NODE, HASHES[4]), 200),
    ("anew", request(0, 5), 409),
]


def test_the_steps_of_litewitness() -> None:
    """Where litewitness says 403 for an unknown log, the specification says 404 since 1.0."""
    seen: SeenHead | None = None
    for name, data, status in STEPS:
        if status == 400:
            with pytest.raises(Exception, match="malformed signature"):
                AddCheckpoint.parse(data)
            continue
        parsed = AddCheckpoint.parse(data)
        assert parsed.encode() == data
        decision = decide(parsed, TRUSTED, seen)
        assert decision.status == status, name
        if status == 409:
            assert seen is not None
            assert decision.body == f"{seen.size}\n".encode()
            assert decision.content_type == "text/x.tlog.size"
        if decision.head is not None:
            seen = decision.head
    assert seen is not None
    assert seen.size == 5
