"""A second verifier, written from docs/formats.md alone, as the oracle for the first.

It shares no code with the program: the standard library, and Ed25519 from ``cryptography``.
It says yes or no. It names no defect, and it holds the whole log in memory.
"""

import base64
import hashlib
import json
from collections.abc import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def accepts(files: Mapping[str, bytes], vkey: str) -> bool:
    """Whether a log, given as its files by name, holds under its first key."""
    try:
        _verify(files, vkey)
    except (AssertionError, InvalidSignature, KeyError, TypeError, ValueError):
        return False
    return True


def _verify(files: Mapping[str, bytes], vkey: str) -> None:
    text, signatures = files["checkpoint"].decode().rsplit("\n\n", 1)
    origin, size_text, root_text = text.split("\n")
    entries = _entries(files, int(size_text))
    leaves = [_sha256(b"\x00" + entry) for entry in entries]
    assert base64.b64encode(_root(leaves)).decode() == root_text
    for name, data in _tiles(leaves).items():
        assert files[name] == data
    key, prev = vkey, "0" * 64
    for seq, (entry, leaf) in enumerate(zip(entries, leaves, strict=True)):
        fields = json.loads(entry)
        assert _canonical(fields) == entry
        assert (fields["v"], fields["seq"], fields["prev"]) == (1, seq, prev)
        if fields["act"] == "key":
            key = _next_key(fields, seq, key, origin)
        prev = leaf.hex()
    _check_note(text + "\n", signatures, key, origin)


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _canonical(fields: object) -> bytes:
    text = json.dumps(fields, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def _path(index: int, width: int) -> str:
    digits = f"{index:03d}"
    digits = digits.zfill(len(digits) + -len(digits) % 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:]) + (
        "" if width == 256 else f".p/{width}"
    )


def _entries(files: Mapping[str, bytes], size: int) -> list[bytes]:
    entries: list[bytes] = []
    for start in range(0, size, 256):
        width = min(256, size - start)
        data = files[f"tile/entries/{_path(start // 256, width)}"]
        while data:
            end = 2 + int.from_bytes(data[:2], "big")
            assert 2 <= end <= len(data)
            entries.append(data[2:end])
            data = data[end:]
        assert len(entries) == start + width
    return entries


def _root(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    middle = 1 << (len(leaves) - 1).bit_length() - 1
    return _sha256(b"\x01" + _root(leaves[:middle]) + _root(leaves[middle:]))


def _tiles(leaves: list[bytes]) -> dict[str, bytes]:
    tiles: dict[str, bytes] = {}
    level, hashes = 0, leaves
    while hashes:
        groups = [hashes[at : at + 256] for at in range(0, len(hashes), 256)]
        for index, group in enumerate(groups):
            tiles[f"tile/{level}/{_path(index, len(group))}"] = b"".join(group)
        level, hashes = level + 1, [_root(group) for group in groups if len(group) == 256]
    return tiles


def _public(vkey: str) -> tuple[str, bytes, Ed25519PublicKey]:
    name, key_hash, data = vkey.split("+", 2)
    key = base64.b64decode(data, validate=True)
    assert key[:1] == b"\x01"
    assert len(key) == 33
    assert _sha256(name.encode() + b"\n" + key)[:4].hex() == key_hash
    return name, bytes.fromhex(key_hash), Ed25519PublicKey.from_public_bytes(key[1:])


def _next_key(fields: dict[str, str], seq: int, key: str, origin: str) -> str:
    new = fields["vkey"]
    assert fields["origin"] == origin == _public(new)[0]
    if seq == 0:
        assert new == key
        assert origin.endswith("/" + base64.b64decode(new.split("+", 2)[2])[1:5].hex())
        return new
    assert fields["previous_vkey"] == key
    text = f"evidence-daemon key rotation\n{origin}\n{seq}\n{key}\n{new}\n".encode()
    _public(key)[2].verify(base64.b64decode(fields["endorsement"], validate=True), text)
    _public(new)[2].verify(base64.b64decode(fields["acceptance"], validate=True), text)
    return new


def _check_note(text: str, signatures: str, vkey: str, origin: str) -> None:
    name, key_hash, key = _public(vkey)
    assert name == origin
    made = 0
    for line in signatures.removesuffix("\n").split("\n"):
        dash, signer, data = line.split(" ")
        assert dash == "—"
        packed = base64.b64decode(data, validate=True)
        if (signer, packed[:4]) == (name, key_hash):
            key.verify(packed[4:], text.encode())
            made += 1
    assert made
