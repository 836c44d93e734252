"""The originals of an evidence package against the entries that made them.

* 11, 12: each is there and has the digests and the size that its entry states; so has the index.
* 17: the entry is the ingest or the first sighting of that recording, and the recording's id
  follows from its recorder and its bytes.
"""

from collections.abc import Mapping
from typing import Any

from archive.verify.objects import CHECK_DIGESTS, CHECK_PRESENT
from archive.verify.package_entries import CHECK_INCLUSION
from archive.verify.package_files import PackageFiles
from archive.verify.package_index import INDEX
from hashing.digest import Digest, ObjectDigests
from hashing.entry import Act, Entry
from hashing.errors import DigestMismatch, EvidenceError, LogInconsistent, MissingFile
from hashing.findings import FindingList
from hashing.recording import recording_id


class PackageRecordings:
    """The recordings of one package.

    Attributes:
        size_bytes: The bytes of the originals that are there.

    Args:
        files: The files of the package.
        entries: Its entries, by number.
        findings: Where findings go.
    """

    def __init__(
        self, files: PackageFiles, entries: Mapping[int, Entry], findings: FindingList
    ) -> None:
        self._files = files
        self._entries = entries
        self._findings = findings
        self.size_bytes = 0

    def check(self, said: Mapping[str, Any]) -> None:
        """Checks 11, 12 and 17 for one recording.

        Args:
            said: What the index says of it.
        """
        recording, path, seq = said["recording"], said["path"], said["seq"]
        stated = self._stated(recording, seq)
        found = self._files.digests(path)
        if found is None:
            detail = f"missing: it is recording {recording}"
            self._findings.add(MissingFile, CHECK_PRESENT, path, detail)
        else:
            self.size_bytes += found.size_bytes
        if stated is not None:
            self._compare(path, seq, stated, found)
            self._compare(f"{INDEX}, recording {recording}", seq, stated, _of_index(said))

    def _compare(
        self, subject: str, seq: int, stated: ObjectDigests, found: ObjectDigests | None
    ) -> None:
        if found is not None and not _same(stated, found):
            detail = f"has {_spelled(found)}, entry {seq} says {_spelled(stated)}"
            self._findings.add(DigestMismatch, CHECK_DIGESTS, subject, detail)

    def _stated(self, recording: str, seq: int) -> ObjectDigests | None:
        """What the entry that made a recording says of its bytes; None where it is no such."""
        try:
            stated, derived = self._made_by(recording, seq)
            if derived != recording:
                detail = f"the id does not follow from recorder and digest, which give {derived}"
                self._refuse(recording, detail)
        except LogInconsistent as error:
            self._refuse(recording, error.detail)
            return None
        return stated

    def _made_by(self, recording: str, seq: int) -> tuple[ObjectDigests, str]:
        """The digests in the entry that made a recording, and the id that follows from them."""
        entry = self._entries.get(seq)
        if entry is None:
            raise LogInconsistent(f"entry {seq}, which is to have made it, is not in the package")
        if not _makes_recording(entry) or entry.fields.get("recording") != recording:
            raise LogInconsistent(f"entry {seq} is no ingest or first sighting of it")
        try:
            stated = ObjectDigests.from_body(entry.fields["object"])
            return stated, recording_id(str(entry.fields["recorder"]), stated.sha256.hex)
        except (EvidenceError, KeyError, AttributeError, UnicodeEncodeError) as error:
            raise LogInconsistent(f"entry {seq} names no object of a recorder") from error

    def _refuse(self, recording: str, detail: str) -> None:
        subject = f"recording {recording}"
        self._findings.add(LogInconsistent, CHECK_INCLUSION, subject, detail)


def _makes_recording(entry: Entry) -> bool:
    if entry.act == Act.SIGHTING:
        return entry.fields.get("new_recording") is True
    return entry.act == Act.INGEST


def _of_index(said: Mapping[str, Any]) -> ObjectDigests:
    sm3 = said.get("sm3")
    digest = None if sm3 is None else Digest.sm3(sm3)
    return ObjectDigests(Digest.sha256(said["sha256"]), digest, said["size_bytes"])


def _same(stated: ObjectDigests, found: ObjectDigests) -> bool:
    """Whether bytes have what an entry states; SM3 only where both have it."""
    if (stated.sha256, stated.size_bytes) != (found.sha256, found.size_bytes):
        return False
    return None in (stated.sm3, found.sm3) or stated.sm3 == found.sm3


def _spelled(digests: ObjectDigests) -> str:
    sm3 = f" {digests.sm3}" if digests.sm3 else ""
    return f"{digests.sha256}{sm3} of {digests.size_bytes} bytes"
