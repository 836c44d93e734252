"""Packages that someone changed, and what every verifier is expected to say of each.

``EVIDENCE`` and ``AUDIT`` are tables by name. A tampering takes a copy of an honest package (see
``tests/packages.py``) and changes it. Those named ``…_refitted`` make the manifests fit again, as
a forger does: then only the proof tells. The finding that names the defect is given as (check,
code, beginning of the subject); others may follow from the same change.

Where a change is out of a verifier's reach, the table says why: ``beyond`` for every verifier,
``portable`` for ``verify.py`` and ``verify.html``, which have no cryptography but their own.
"""

import base64
import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hashing.canonical import encode
from hashing.note import SignedNote, SigningKey, sign
from hashing.tlog_proof import TlogProof


@dataclass(frozen=True, slots=True)
class Tampering:
    """One change to a package.

    Attributes:
        do: Changes the package in this folder.
        check: The number of the check that names it.
        code: The code of the finding.
        subject: What its subject begins with.
        exit_code: How a verifier with the pinned key ends.
        beyond: Why no verifier can find it; it is expected to find nothing.
        portable: Why the portable verifiers cannot.
    """

    do: Callable[[Path], object]
    check: int = 0
    code: str = ""
    subject: str = ""
    exit_code: int = 0
    beyond: str = ""
    portable: str = ""


# Means


def flip(path: Path, at: int = 0, change: int = 1) -> None:
    """Change one byte; at a negative place, from the end."""
    data = bytearray(path.read_bytes())
    data[at] ^= change
    path.write_bytes(data)


def replace(path: Path, old: str, new: str) -> None:
    """Change text that is there."""
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def index_of(package: Path) -> dict[str, Any]:
    """The index."""
    said: dict[str, Any] = json.loads((package / "proof/package.json").read_bytes())
    return said


def set_index(package: Path, said: dict[str, Any]) -> None:
    """Write another index, in canonical form."""
    (package / "proof/package.json").write_bytes(encode(said))


def original(package: Path) -> Path:
    """The original of the first recording."""
    return package / str(index_of(package)["recordings"][0]["path"])


def made_by(package: Path) -> int:
    """The number of the entry that made the first recording."""
    return int(index_of(package)["recordings"][0]["seq"])


def refit(package: Path) -> None:
    """Make every manifest fit the files, as a forger does."""
    files = sorted(str(p.relative_to(package)) for p in package.rglob("*") if p.is_file())
    payload = [name for name in files if name.startswith("data/")]
    for algorithm in ("sha256", "sm3"):
        _list(package, f"manifest-{algorithm}.txt", algorithm, payload)
    size = sum((package / name).stat().st_size for name in payload)
    info = (package / "bag-info.txt").read_text("utf-8").splitlines()
    kept = [line for line in info if not line.startswith("Payload-Oxum: ")]
    lines = [*kept, f"Payload-Oxum: {size}.{len(payload)}"]
    (package / "bag-info.txt").write_text("".join(f"{line}\n" for line in lines), "utf-8")
    named = {*files, "bag-info.txt"} - set(payload) - {"tagmanifest-sha256.txt"}
    _list(package, "tagmanifest-sha256.txt", "sha256", sorted(named))


def _list(package: Path, manifest: str, algorithm: str, names: list[str]) -> None:
    digests = (hashlib.new(algorithm, (package / name).read_bytes()).hexdigest() for name in names)
    lines = (f"{digest}  {name}\n" for digest, name in zip(digests, names, strict=True))
    (package / manifest).write_text("".join(lines), "utf-8")


def refitted(do: Callable[[Path], object]) -> Callable[[Path], None]:
    """The change, the manifests made to fit."""

    def change(package: Path) -> None:
        do(package)
        refit(package)

    return change


def flipping(name: str, at: int = 3) -> Callable[[Path], None]:
    """Changes one byte of a file."""
    return lambda package: flip(package / name, at)


def removing(name: str) -> Callable[[Path], None]:
    """Removes a file."""
    return lambda package: (package / name).unlink()


def adding(name: str, data: bytes = b"planted") -> Callable[[Path], None]:
    """Adds a file."""

    def add(package: Path) -> None:
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_bytes(data)

    return add


# Evidence packages


def _entry_byte(package: Path) -> None:
    path = package / f"proof/entries/{made_by(package)}.json"
    replace(path, '"actor":"', '"actor":"x')


def _entries_swapped(package: Path) -> None:
    first, second = index_of(package)["entries"][-2:]
    paths = [package / f"proof/entries/{seq}.json" for seq in (first, second)]
    contents = [path.read_bytes() for path in paths]
    for path, data in zip(paths, contents[::-1], strict=True):
        path.write_bytes(data)


def _proof_of_another(package: Path) -> None:
    other = index_of(package)["entries"][1]
    proof = (package / f"proof/entries/{other}.tlog-proof").read_bytes()
    (package / f"proof/entries/{made_by(package)}.tlog-proof").write_bytes(proof)


def _proof_renumbered(package: Path) -> None:
    """The proof of another entry, that says it is of this one."""
    seq, other = made_by(package), index_of(package)["entries"][1]
    _proof_of_another(package)
    replace(package / f"proof/entries/{seq}.tlog-proof", f"index {other}\n", f"index {seq}\n")


def _proof_hash(package: Path) -> None:
    path = package / f"proof/entries/{made_by(package)}.tlog-proof"
    proof = TlogProof.parse(path.read_bytes())
    hashes = (bytes(32), *proof.hashes[1:])
    path.write_bytes(TlogProof(proof.index, hashes, proof.note).encode())


def _entry_resized(package: Path) -> None:
    """The entry that made the recording says another size."""
    path = package / f"proof/entries/{made_by(package)}.json"
    replace(path, '"size_bytes":', '"size_bytes":1')


def _checkpoint_size(package: Path) -> None:
    path = package / "proof/checkpoint"
    size = path.read_text("utf-8").split("\n")[1]
    _everywhere(package, f"\n{size}\n", f"\n{int(size) + 1}\n")
    said = index_of(package)
    set_index(package, {**said, "size": said["size"] + 1})


def _everywhere(package: Path, old: str, new: str) -> None:
    """Change the checkpoint, and its copy in every proof."""
    for path in [package / "proof/checkpoint", *package.glob("proof/entries/*.tlog-proof")]:
        replace(path, old, new)


def _resigned(package: Path) -> None:
    """The same checkpoint, signed by a key of the same name that is another."""
    path = package / "proof/checkpoint"
    before = path.read_text("utf-8")
    note = SignedNote.parse(path.read_bytes())
    key = SigningKey.generate(str(index_of(package)["origin"]))
    _everywhere(package, before, sign(note.text, [key]).decode())


def _key_entry_removed(package: Path) -> None:
    _drop_entry(package, 0)


def _making_entry_removed(package: Path) -> None:
    _drop_entry(package, made_by(package))


def _export_entry_removed(package: Path) -> None:
    _drop_entry(package, index_of(package)["entries"][-1])


def _drop_entry(package: Path, seq: int) -> None:
    for suffix in ("json", "tlog-proof"):
        (package / f"proof/entries/{seq}.{suffix}").unlink()
    said = index_of(package)
    said["entries"].remove(seq)
    set_index(package, said)


def _seq_of_another(package: Path) -> None:
    said = index_of(package)
    said["recordings"][0]["seq"] = said["recordings"][1]["seq"]
    set_index(package, said)


def _id_of_another(package: Path) -> None:
    said = index_of(package)
    said["recordings"][0]["recording"] = "0" * 32
    set_index(package, said)


def _originals_swapped(package: Path) -> None:
    first, second = (package / each["path"] for each in index_of(package)["recordings"])
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])


def _original_and_index(package: Path) -> None:
    """Another original, and an index that fits it."""
    data = b"another film"
    original(package).write_bytes(data)
    said = index_of(package)
    said["recordings"][0] |= {
        "sha256": hashlib.sha256(data).hexdigest(),
        "sm3": hashlib.new("sm3", data).hexdigest(),
        "size_bytes": len(data),
    }
    set_index(package, said)


def _sm3_in_index(package: Path) -> None:
    said = index_of(package)
    said["recordings"][0]["sm3"] = "0" * 64
    set_index(package, said)


def _recording_left_out(package: Path) -> None:
    said = index_of(package)
    dropped = said["recordings"].pop()
    shutil.rmtree((package / dropped["path"]).parent)
    set_index(package, said)


def _size_in_index(package: Path) -> None:
    said = index_of(package)
    set_index(package, {**said, "size": said["size"] + 1})


def _index_not_canonical(package: Path) -> None:
    said = index_of(package)
    (package / "proof/package.json").write_text(json.dumps(said), "utf-8")


def _link(package: Path) -> None:
    path = original(package)
    elsewhere = package.parent / "elsewhere"
    shutil.move(path, elsewhere)
    path.symlink_to(elsewhere)


def _renamed(package: Path) -> None:
    (package / "README.txt").rename(package / "LIESMICH.txt")


def _original_renamed(package: Path) -> None:
    path = original(package)
    path.rename(path.with_name("other.avi"))


def anchor_folder(package: Path, *, stamped: bool) -> Path:
    """The folder of the anchor that was stamped, or of the one that was witnessed."""
    [size] = [a["size"] for a in index_of(package)["anchors"] if bool(a["tokens"]) is stamped]
    return package / f"proof/anchors/{size}"


def _anchor_root(package: Path) -> None:
    path = anchor_folder(package, stamped=True) / "checkpoint"
    root = path.read_text("utf-8").split("\n")[2]
    replace(path, f"\n{root}\n", f"\n{base64.b64encode(bytes(32)).decode()}\n")


def _anchor_of_another_log(package: Path) -> None:
    """An anchor of a forger's own log under the same name."""
    path = anchor_folder(package, stamped=True) / "checkpoint"
    note = SignedNote.parse(path.read_bytes())
    path.write_bytes(sign(note.text, [SigningKey.generate(str(index_of(package)["origin"]))]))


def _cosignature_removed(package: Path) -> None:
    """The anchor that an entry says was cosigned carries the log's signature alone."""
    path = anchor_folder(package, stamped=False) / "checkpoint"
    note = SignedNote.parse(path.read_bytes())
    origin = str(index_of(package)["origin"])
    kept = tuple(line for line in note.signatures if line.name == origin)
    assert len(kept) < len(note.signatures)
    path.write_bytes(SignedNote(note.text, kept).encode())


def _witnessed_anchor_removed(package: Path) -> None:
    """The entry that speaks of an anchor stays, the anchor goes."""
    folder = anchor_folder(package, stamped=False)
    shutil.rmtree(folder)
    said = index_of(package)
    said["anchors"] = [each for each in said["anchors"] if each["size"] != int(folder.name)]
    set_index(package, said)


def _consistency(package: Path) -> None:
    path = anchor_folder(package, stamped=True) / "consistency"
    lines = path.read_text("ascii").splitlines()
    lines[0] = base64.b64encode(bytes(32)).decode()
    path.write_text("".join(f"{line}\n" for line in lines), "ascii")


def _token_of_another(package: Path) -> None:
    """The token's digest is of something else than the checkpoint beside it."""
    path = anchor_folder(package, stamped=True) / "tsa.example.tsr"
    note = SignedNote.parse((path.parent / "checkpoint").read_bytes())
    imprint = hashlib.sha256(note.text.encode()).digest()
    data = path.read_bytes()
    assert imprint in data
    path.write_bytes(data.replace(imprint, hashlib.sha256(b"another").digest()))


def _token_swapped(package: Path) -> None:
    """Other bytes around the same imprint: the ``stamp`` entry names another token."""
    path = anchor_folder(package, stamped=True) / "tsa.example.tsr"
    flip(path, -1)


def _token_garbage(package: Path) -> None:
    (anchor_folder(package, stamped=True) / "tsa.example.tsr").write_bytes(b"garbage")


def _token_removed(package: Path) -> None:
    (anchor_folder(package, stamped=True) / "tsa.example.tsr").unlink()


def _cosignature(package: Path) -> None:
    path = anchor_folder(package, stamped=False) / "checkpoint"
    note = SignedNote.parse(path.read_bytes())
    line = note.signatures[-1]
    data = bytearray(line.data)
    data[-1] ^= 1
    changed = type(line)(line.name, line.key_hash, bytes(data))
    path.write_bytes(SignedNote(note.text, (*note.signatures[:-1], changed)).encode())


def _second_entry(package: Path) -> None:
    """A forged entry beside the others, that the index names too."""
    said = index_of(package)
    seq = max(said["entries"]) + 1
    raw = (package / f"proof/entries/{seq - 1}.json").read_text("utf-8")
    raw = raw.replace(f'"seq":{seq - 1}', f'"seq":{seq}')
    (package / f"proof/entries/{seq}.json").write_text(raw, "utf-8")
    proof = (package / f"proof/entries/{seq - 1}.tlog-proof").read_bytes()
    (package / f"proof/entries/{seq}.tlog-proof").write_bytes(proof)
    set_index(package, {**said, "entries": [*said["entries"], seq]})


_LEFT_OUT = "that entries were left out cannot be seen from those that are there"
_READABLE = "readable copies prove nothing; every verifier says that they were not compared"

EVIDENCE: dict[str, Tampering] = {
    "original_byte": Tampering(
        lambda p: flip(original(p), 5), 12, "DIGEST_MISMATCH", "data/recordings/", 11
    ),
    "original_last_byte": Tampering(
        lambda p: flip(original(p), -1), 12, "DIGEST_MISMATCH", "data/recordings/", 11
    ),
    "original_byte_refitted": Tampering(
        refitted(lambda p: flip(original(p), 5)), 12, "DIGEST_MISMATCH", "data/recordings/", 11
    ),
    "original_and_index_refitted": Tampering(
        refitted(_original_and_index), 12, "DIGEST_MISMATCH", "data/recordings/", 11
    ),
    "originals_swapped_refitted": Tampering(
        refitted(_originals_swapped), 12, "DIGEST_MISMATCH", "data/recordings/", 11
    ),
    "original_removed": Tampering(
        lambda p: original(p).unlink(), 11, "MISSING_FILE", "data/recordings/", 10
    ),
    "original_removed_refitted": Tampering(
        refitted(lambda p: original(p).unlink()), 11, "MISSING_FILE", "data/recordings/", 10
    ),
    "original_renamed": Tampering(_original_renamed, 18, "MISSING_FILE", "data/recordings/", 10),
    "original_replaced_by_link": Tampering(_link, 18, "BAG_MISMATCH", "data/recordings/", 10),
    "sm3_in_index_refitted": Tampering(
        refitted(_sm3_in_index), 12, "DIGEST_MISMATCH", "proof/package.json", 11
    ),
    "readme_byte": Tampering(flipping("README.txt"), 18, "DIGEST_MISMATCH", "README.txt", 11),
    "history_byte": Tampering(flipping("custody.html"), 18, "DIGEST_MISMATCH", "custody.html", 11),
    "declaration_byte": Tampering(flipping("bagit.txt"), 18, "DIGEST_MISMATCH", "bagit.txt", 11),
    "info_byte": Tampering(flipping("bag-info.txt"), 18, "DIGEST_MISMATCH", "bag-info.txt", 11),
    "manifest_byte": Tampering(
        flipping("manifest-sha256.txt", 1), 18, "DIGEST_MISMATCH", "manifest-sha256.txt", 11
    ),
    "sm3_manifest_byte": Tampering(
        flipping("manifest-sm3.txt", 1), 18, "DIGEST_MISMATCH", "manifest-sm3.txt", 11
    ),
    "tag_manifest_line": Tampering(
        lambda p: replace(p / "tagmanifest-sha256.txt", "  README.txt", "  READNE.txt"),
        18, "MISSING_FILE", "READNE.txt", 10,
    ),
    "file_added": Tampering(adding("more.txt"), 18, "BAG_MISMATCH", "more.txt", 12),
    "file_added_refitted": Tampering(
        refitted(adding("more.txt")), 18, "BAG_MISMATCH", "more.txt", 12
    ),
    "payload_added": Tampering(adding("data/more.avi"), 18, "BAG_MISMATCH", "data/more.avi", 12),
    "payload_added_refitted": Tampering(
        refitted(adding("data/more.avi")), 18, "BAG_MISMATCH", "data/more.avi", 12
    ),
    "file_removed": Tampering(removing("README.txt"), 18, "MISSING_FILE", "README.txt", 10),
    "file_renamed": Tampering(_renamed, 18, "MISSING_FILE", "README.txt", 10),
    "manifest_removed": Tampering(
        removing("manifest-sm3.txt"), 18, "MISSING_FILE", "manifest-sm3.txt", 10
    ),
    "tag_manifest_removed": Tampering(
        removing("tagmanifest-sha256.txt"), 18, "MISSING_FILE", "tagmanifest-sha256.txt", 10
    ),
    "index_removed": Tampering(
        removing("proof/package.json"), 18, "MISSING_FILE", "proof/package.json", 10
    ),
    "index_not_canonical_refitted": Tampering(
        refitted(_index_not_canonical), 18, "MALFORMED_INDEX", "proof/package.json", 12
    ),
    "index_of_another_size_refitted": Tampering(
        refitted(_size_in_index), 18, "BAG_MISMATCH", "proof/package.json", 12
    ),
    "checkpoint_removed_refitted": Tampering(
        refitted(removing("proof/checkpoint")), 1, "MISSING_FILE", "proof/checkpoint", 10
    ),
    "checkpoint_byte": Tampering(
        flipping("proof/checkpoint", 0), 18, "DIGEST_MISMATCH", "proof/checkpoint", 31
    ),
    "checkpoint_of_another_size_refitted": Tampering(
        refitted(_checkpoint_size), 2, "SIGNATURE", "proof/checkpoint", 31
    ),
    "signed_again_by_another_key_refitted": Tampering(
        refitted(_resigned), 2, "SIGNATURE", "proof/checkpoint", 31
    ),
    "entry_byte_refitted": Tampering(refitted(_entry_byte), 17, "LOG_INCONSISTENT", "entry ", 30),
    "entry_resized_refitted": Tampering(
        refitted(_entry_resized), 17, "LOG_INCONSISTENT", "entry ", 30
    ),
    "entries_swapped_refitted": Tampering(
        refitted(_entries_swapped), 17, "LOG_INCONSISTENT", "entry ", 30
    ),
    "entry_added_refitted": Tampering(
        refitted(_second_entry), 17, "LOG_INCONSISTENT", "entry ", 30
    ),
    "entry_file_added_refitted": Tampering(
        refitted(adding("proof/entries/999.json", b"{}")),
        18, "BAG_MISMATCH", "proof/entries/999.json", 12,
    ),
    "first_entry_removed_refitted": Tampering(
        refitted(_key_entry_removed), 7, "SIGNATURE", "entry 0", 31
    ),
    "making_entry_removed_refitted": Tampering(
        refitted(_making_entry_removed), 17, "LOG_INCONSISTENT", "recording ", 30
    ),
    "export_entry_removed_refitted": Tampering(refitted(_export_entry_removed), beyond=_LEFT_OUT),
    "recording_left_out_refitted": Tampering(refitted(_recording_left_out), beyond=_LEFT_OUT),
    "proof_of_another_entry_refitted": Tampering(
        refitted(_proof_of_another), 17, "LOG_INCONSISTENT", "entry ", 30
    ),
    "proof_renumbered_refitted": Tampering(
        refitted(_proof_renumbered), 17, "LOG_INCONSISTENT", "entry ", 30
    ),
    "proof_hash_refitted": Tampering(refitted(_proof_hash), 17, "LOG_INCONSISTENT", "entry ", 30),
    "entry_of_another_recording_refitted": Tampering(
        refitted(_seq_of_another), 17, "LOG_INCONSISTENT", "recording ", 30
    ),
    "id_of_another_recording_refitted": Tampering(
        refitted(_id_of_another), 17, "LOG_INCONSISTENT", "recording ", 30
    ),
    "anchor_root_refitted": Tampering(
        refitted(_anchor_root), 9, "SIGNATURE", "proof/anchors/", 31
    ),
    "anchor_of_another_key_refitted": Tampering(
        refitted(_anchor_of_another_log), 9, "SIGNATURE", "proof/anchors/", 31
    ),
    "consistency_proof_refitted": Tampering(
        refitted(_consistency), 9, "ROLLED_BACK", "proof/anchors/", 33
    ),
    "cosignature_removed_refitted": Tampering(
        refitted(_cosignature_removed), 16, "SIGNATURE", "proof/anchors/", 31
    ),
    "witnessed_anchor_removed_refitted": Tampering(
        refitted(_witnessed_anchor_removed), 16, "MISSING_FILE", "proof/anchors/", 10
    ),
    "token_over_another_checkpoint_refitted": Tampering(
        refitted(_token_of_another), 15, "TIMESTAMP", "proof/anchors/", 32
    ),
    "token_of_another_entry_refitted": Tampering(
        refitted(_token_swapped), 15, "TIMESTAMP", "proof/anchors/", 32
    ),
    "token_garbage_refitted": Tampering(
        refitted(_token_garbage), 15, "", "proof/anchors/", 32
    ),
    "token_removed_refitted": Tampering(
        refitted(_token_removed), 15, "MISSING_FILE", "proof/anchors/", 10
    ),
    "cosignature_refitted": Tampering(
        refitted(_cosignature), 16, "SIGNATURE", "proof/anchors/", 31
    ),
    "history_rewritten_refitted": Tampering(
        refitted(flipping("custody.html")), beyond=_READABLE
    ),
    "readme_rewritten_refitted": Tampering(refitted(flipping("README.txt")), beyond=_READABLE),
}  # fmt: skip
"""Changes to an evidence package of two recordings, two anchors, and a token."""


# Audit packs


def _tile(package: Path, level: str) -> Path:
    return next((package / "data/log/tile" / level).rglob("*.p/*"))


def _bundle_byte(package: Path) -> None:
    path = _tile(package, "entries")
    data = path.read_bytes()
    assert b'"actor":"tester"' in data
    path.write_bytes(data.replace(b'"actor":"tester"', b'"actor":"nobody"', 1))


def _sampled(package: Path) -> Path:
    sha256 = next(
        each for each in index_of(package)["sample"]["objects"]
        if (package / "data/objects" / each[:2] / each).stat().st_size
    )  # fmt: skip
    return package / f"data/objects/{sha256[:2]}/{sha256}"


def _objects_swapped(package: Path) -> None:
    first, second = (
        package / "data/objects" / each[:2] / each
        for each in index_of(package)["sample"]["objects"][:2]
    )
    contents = first.read_bytes(), second.read_bytes()
    first.write_bytes(contents[1])
    second.write_bytes(contents[0])


def _other_seed(package: Path) -> None:
    said = index_of(package)
    said["sample"]["seed"] = "a seed that was not the auditor's"
    set_index(package, said)


def _smaller_sample(package: Path) -> None:
    said = index_of(package)
    gone = said["sample"]["objects"].pop()
    (package / "data/objects" / gone[:2] / gone).unlink()
    set_index(package, said)


def _pack_resigned(package: Path) -> None:
    path = package / "data/log/checkpoint"
    note = SignedNote.parse(path.read_bytes())
    path.write_bytes(sign(note.text, [SigningKey.generate(str(index_of(package)["origin"]))]))


def _listed_line(package: Path) -> None:
    path = package / "data/objects.tsv"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    path.write_text("".join(lines[:-1]), "utf-8")


def _unlogged(package: Path) -> None:
    adding(f"data/objects/ab/{'ab' * 32}")(package)


def _logged_token(package: Path) -> None:
    path = next((package / "data/log/timestamps").rglob("*.tsr"))
    note = SignedNote.parse((package / f"data/log/checkpoints/{path.parent.name}").read_bytes())
    imprint = hashlib.sha256(note.text.encode()).digest()
    data = path.read_bytes()
    assert imprint in data
    path.write_bytes(data.replace(imprint, hashlib.sha256(b"another").digest()))


AUDIT: dict[str, Tampering] = {
    "bundle_byte": Tampering(_bundle_byte, 4, "LOG_INCONSISTENT", "entry ", 30),
    "bundle_byte_refitted": Tampering(
        refitted(_bundle_byte), 4, "LOG_INCONSISTENT", "entry ", 30
    ),
    "bundle_removed_refitted": Tampering(
        refitted(lambda p: _tile(p, "entries").unlink()), 3, "MISSING_FILE", "tile/entries/", 10
    ),
    "level_0_tile_alone_refitted": Tampering(
        refitted(lambda p: flip(_tile(p, "0"), 40)), 6, "LOG_INCONSISTENT", "tile/0/", 30
    ),
    "tile_removed_refitted": Tampering(
        refitted(lambda p: _tile(p, "0").unlink()), 6, "MISSING_FILE", "tile/0/", 10
    ),
    "checkpoint_removed_refitted": Tampering(
        refitted(removing("data/log/checkpoint")), 1, "MISSING_FILE", "", 10
    ),
    "signed_again_by_another_key_refitted": Tampering(
        refitted(_pack_resigned), 2, "SIGNATURE", "checkpoint", 31
    ),
    "object_byte": Tampering(
        lambda p: flip(_sampled(p), 5), 12, "DIGEST_MISMATCH", "objects/", 11
    ),
    "object_byte_refitted": Tampering(
        refitted(lambda p: flip(_sampled(p), 5)), 12, "DIGEST_MISMATCH", "objects/", 11
    ),
    "object_removed_refitted": Tampering(
        refitted(lambda p: _sampled(p).unlink()), 11, "MISSING_FILE", "objects/", 10
    ),
    "objects_swapped_refitted": Tampering(
        refitted(_objects_swapped), 12, "DIGEST_MISMATCH", "objects/", 11
    ),
    "object_added_refitted": Tampering(
        refitted(_unlogged), 18, "BAG_MISMATCH", "data/objects/ab/", 12
    ),
    "seed_of_another_refitted": Tampering(
        refitted(_other_seed), 18, "BAG_MISMATCH", "proof/package.json", 12
    ),
    "sample_smaller_refitted": Tampering(
        refitted(_smaller_sample), 18, "BAG_MISMATCH", "proof/package.json", 12
    ),
    "list_of_objects_shorter_refitted": Tampering(
        refitted(_listed_line), 18, "BAG_MISMATCH", "data/objects.tsv", 12
    ),
    "list_of_objects_byte": Tampering(
        flipping("data/objects.tsv"), 18, "DIGEST_MISMATCH", "data/objects.tsv", 11
    ),
    "rule_file_refitted": Tampering(
        refitted(flipping("data/rules/file_names")),
        18, "DIGEST_MISMATCH", "data/rules/file_names", 11,
    ),
    "file_added": Tampering(adding("more.txt"), 18, "BAG_MISMATCH", "more.txt", 12),
    "kept_checkpoint_refitted": Tampering(
        refitted(lambda p: flip(next((p / "data/log/checkpoints").iterdir()), -3)),
        9, "", "checkpoints/", 30,
    ),
    "index_removed": Tampering(
        removing("proof/package.json"), 18, "MISSING_FILE", "proof/package.json", 10
    ),
    "readme_rewritten_refitted": Tampering(refitted(flipping("README.txt")), beyond=_READABLE),
}  # fmt: skip
"""Changes to an audit pack with a sample of three objects, two kept checkpoints, and a rule."""

AUDIT_TOKENS: dict[str, Tampering] = {
    "token_over_another_checkpoint_refitted": Tampering(
        refitted(_logged_token), 15, "TIMESTAMP", "log/timestamps/", 32
    ),
    "token_removed_refitted": Tampering(
        refitted(lambda p: next((p / "data/log/timestamps").rglob("*.tsr")).unlink()),
        15, "TIMESTAMP", "log/timestamps/", 32,
    ),
}  # fmt: skip
"""Changes to the tokens beside an audit pack's log, for verifiers that read them.

The portable verifiers read the tokens of evidence packages; of a log's they say that they did not.
"""
