"""The identity of a recording: a recorder and a content."""

import hashlib

ID_CHARACTERS = 32
SHORTEST_PREFIX = 8
"""Ids may be shortened to a unique prefix of at least this many characters."""


def recording_id(recorder: str, sha256: str) -> str:
    r"""The id of a recording.

    The first 32 hexadecimal characters of SHA-256 over the recorder in UTF-8, a zero byte, and
    the object's SHA-256 as 64 hexadecimal characters. In a shell:
    ``printf '%s\0%s' RECORDER SHA256 | sha256sum | cut -c1-32``.
    """
    material = recorder.encode() + b"\0" + sha256.encode("ascii")
    return hashlib.sha256(material).hexdigest()[:ID_CHARACTERS]
