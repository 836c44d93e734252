"""RFC 3161 timestamps over a checkpoint: requests made, answers read, tokens judged.

A time-stamping authority signs a digest (the *message imprint*) and a time. Over the body of a
checkpoint such a token says: these entries existed by then, whoever holds the station's key.
An answer is a ``TimeStampResp`` in DER. What is kept is the whole answer, as it was received.

This is the door; the rooms are ``timestamp_request``, ``timestamp_token`` (with
``timestamp_answer``, ``timestamp_info`` and ``timestamp_certificates`` to read it by) and
``timestamp_judging``. Nothing of the ``cryptography`` or ``rfc3161-client`` packages is raised
from any of them: ``timestamp_errors``.
"""

from hashing.timestamp_answer import MAX_ANSWER_BYTES, looks_like_answer
from hashing.timestamp_certificates import read_roots
from hashing.timestamp_errors import MalformedTimestamp, TimestampInvalid, TimestampRefused
from hashing.timestamp_info import IMPRINT_OIDS, Imprint, TokenInfo
from hashing.timestamp_judging import Judgement, verify
from hashing.timestamp_request import ANSWER_TYPE, NONCE_BITS, REQUEST_TYPE, Request
from hashing.timestamp_token import Token

__all__ = [
    "ANSWER_TYPE",
    "IMPRINT_OIDS",
    "MAX_ANSWER_BYTES",
    "NONCE_BITS",
    "REQUEST_TYPE",
    "Imprint",
    "Judgement",
    "MalformedTimestamp",
    "Request",
    "TimestampInvalid",
    "TimestampRefused",
    "Token",
    "TokenInfo",
    "looks_like_answer",
    "read_roots",
    "verify",
]
