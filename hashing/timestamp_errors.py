"""What is wrong with a timestamp, and nothing of other packages.

``cryptography`` and ``rfc3161-client`` raise what they like on hostile bytes, defects of their
Rust extensions among it; :func:`foreign` turns all of it into the errors here.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from rfc3161_client.errors import VerificationError

from hashing.errors import Bilingual, EvidenceError, IntegrityError


class TimestampInvalid(IntegrityError):  # noqa: N818 - named for the defect
    """A timestamp token is not over what it should be, or its signature does not hold."""

    code = "TIMESTAMP"
    exit_code = 32
    meaning = Bilingual(
        zh="该时间戳不能证明条目存在的时间；条目本身由日志保护。",
        en="The timestamp does not prove by when the entries existed; the log guards the entries.",
    )
    action = Bilingual(
        zh="从备份或附加存储取回时间戳文件；核对机构的根证书。",
        en="Fetch the token's file from a backup or a further store; check the authority's roots.",
    )


class MalformedTimestamp(TimestampInvalid):
    """Bytes that should be an RFC 3161 answer are not one."""

    code = "MALFORMED_TIMESTAMP"


class TimestampRefused(EvidenceError):  # noqa: N818 - named for the event
    """A time-stamping authority answered that it gives no token."""

    code = "TIMESTAMP_REFUSED"
    exit_code = 97
    meaning = Bilingual(
        zh="没有得到时间戳；证据与日志不受影响，稍后会再次请求。",
        en="No token was had; evidence and log are not affected, and it is asked for again.",
    )
    action = Bilingual(
        zh="核对该机构支持的摘要算法与策略。",
        en="Check which digests and policies the authority accepts.",
    )


@contextmanager
def foreign(what: str, kind: type[TimestampInvalid]) -> Iterator[None]:
    """Turn what the packages raise into one error of ours."""
    try:
        yield
    except EvidenceError:
        raise
    except (VerificationError, ValueError, TypeError, KeyError, OverflowError) as error:
        raise kind(f"{what}: {error}") from error
    except BaseException as error:
        # A defect in a Rust extension arrives as PanicException, which is no Exception.
        if type(error).__name__ != "PanicException" and not isinstance(error, Exception):
            raise
        raise kind(f"{what}: {type(error).__name__}") from error
