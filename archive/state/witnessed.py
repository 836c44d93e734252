"""Heads of other logs that this station, as a witness, cosigned last.

To look at what was cosigned, to decide, and to remember the new head is one transaction that
excludes every other writer, in this process and in others, and it is durable before the
cosignature is given to anyone. So no two requests, however they race, are cosigned against the
same old head, and a witness that is killed never signs against its memory.
"""

from dataclasses import dataclass
from http import HTTPStatus

from sqlalchemy import Connection, select
from sqlalchemy.dialects.sqlite import insert

from archive.state.models import witnessed
from hashing.cosignature import CosigningKey, with_lines
from hashing.note import Signature
from hashing.witness import AddCheckpoint, Decision, SeenHead, TrustedLogs, decide


@dataclass(frozen=True, slots=True)
class Witnessed:
    """What became of a request.

    Attributes:
        decision: The decision.
        line: The cosignature; None unless the decision's status is 200. It may be given away
            only after the transaction was committed.
    """

    decision: Decision
    line: Signature | None = None


def add_checkpoint(
    connection: Connection,
    request: AddCheckpoint,
    trusted: TrustedLogs,
    key: CosigningKey,
    time_s: int,
) -> Witnessed:
    """Decide on a request, and remember the head where it is cosigned.

    Args:
        connection: Inside a transaction that excludes every other writer.
        request: The request.
        trusted: Which logs are witnessed.
        key: The witness's key.
        time_s: The time, in seconds since 1970.
    """
    origin = request.checkpoint.origin
    decision = decide(request, trusted, last_seen(connection, origin))
    if decision.status is not HTTPStatus.OK or decision.head is None:
        return Witnessed(decision)
    line = key.cosign(request.note.text, time_s)
    row = {
        "size": decision.head.size,
        "root": decision.head.root.hex(),
        "note": with_lines(request.note, [line]).encode(),
    }
    statement = insert(witnessed).values(origin=origin, **row)
    connection.execute(statement.on_conflict_do_update(index_elements=["origin"], set_=row))
    return Witnessed(decision, line)


def last_seen(connection: Connection, origin: str) -> SeenHead | None:
    """The head of a log that was cosigned last."""
    statement = select(witnessed.c.size, witnessed.c.root).where(witnessed.c.origin == origin)
    row = connection.execute(statement).one_or_none()
    return None if row is None else SeenHead(row.size, bytes.fromhex(row.root))


def cosigned_note(connection: Connection, origin: str) -> bytes | None:
    """The checkpoint of a log that was cosigned last, with the cosignature."""
    note: bytes | None = connection.scalar(
        select(witnessed.c.note).where(witnessed.c.origin == origin)
    )
    return note


def heads(connection: Connection) -> dict[str, SeenHead]:
    """Every log's head that was cosigned last, by origin."""
    rows = connection.execute(select(witnessed).order_by(witnessed.c.origin))
    return {row.origin: SeenHead(row.size, bytes.fromhex(row.root)) for row in rows}
