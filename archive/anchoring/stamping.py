"""One token: asked for, checked, made durable, logged.

The order is a contract. The answer and the checkpoint it is over are durable before the
``stamp`` entry names them; an answer that no entry names counts for nothing, and the next
stamping of that checkpoint takes it up instead of asking again. An answer that is over
something else, or that the authority's roots do not vouch for, is not kept.
"""

import secrets
import threading
from dataclasses import dataclass

import structlog

from archive.anchoring.authority import Authority
from archive.archive import Archive
from archive.durable import replace_group
from archive.log.kept import KeptCheckpoints
from archive.log.reader import LogFiles, timestamp_path
from archive.log.writer import STATION_ACTOR
from hashing.checkpoint import Checkpoint
from hashing.entry import Act, format_time
from hashing.errors import EvidenceError
from hashing.note import SignedNote
from hashing.timestamp import (
    NONCE_BITS,
    Judgement,
    Request,
    TimestampInvalid,
    Token,
    verify,
)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Stamped:
    """A token that is in the log.

    Attributes:
        authority: Whose.
        size: How many entries it covers.
        seq: The ``stamp`` entry.
        token: The token.
        judgement: What could be said of its signature; None where no roots are configured.
    """

    authority: str
    size: int
    seq: int
    token: Token
    judgement: Judgement | None


class Stamper:
    """Has checkpoints of one archive stamped. Threads may share it; one stamps at a time.

    Args:
        archive: The archive, opened for writing.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._files = LogFiles(archive.layout.log)
        self._one_at_a_time = threading.Lock()

    def stamp(
        self, authority: Authority, *, actor: str = STATION_ACTOR, renews: str | None = None
    ) -> Stamped:
        """Have the newest checkpoint stamped.

        Args:
            authority: By whom.
            actor: Who asked for it.
            renews: SHA-256 of a token, in hexadecimal, whose proof the new one renews. A token
                that does not outlive it is not kept.

        Raises:
            TimestampInvalid: The answer is not a token over this checkpoint, or the roots do
                not vouch for it.
            TimestampRefused: The authority gives none.
            StorageError: The disk refuses.
            EvidenceError: The authority cannot be reached.
        """
        with self._one_at_a_time:
            note = self._files.checkpoint()
            checkpoint = Checkpoint.parse(SignedNote.parse(note).text)
            body = checkpoint.body().encode()
            token = self._left_behind(authority, checkpoint.size, body, renews)
            if token is None:
                token = _ask(authority, body)
            judgement = _judge(authority, token, body)
            self._require_outliving(authority, token, renews)
            self._keep(authority, checkpoint, note, token)
            return self._log(authority, checkpoint, token, judgement, actor, renews)

    def _left_behind(
        self, authority: Authority, size: int, body: bytes, renews: str | None
    ) -> Token | None:
        """An answer that was kept and never logged: the station died in between."""
        answer = self._files.timestamp(size, authority.name)
        if answer is None:
            return None
        try:
            token = Token.read(answer)
            _judge(authority, token, body)
            self._require_outliving(authority, token, renews)
        except EvidenceError as error:
            _log.warning("token_not_taken_up", authority=authority.name, error=error.detail)
            return None
        return token

    def _require_outliving(self, authority: Authority, token: Token, renews: str | None) -> None:
        if renews is None:
            return
        latest = self._archive.catalog.latest_anchor(authority.name)
        if latest is None or latest.token_sha256 != renews:
            return
        old = self.token_of(latest.size, authority.name)
        old_end = None if old is None else old.expires_us()
        new_end = token.expires_us()
        if old_end is not None and (new_end is None or new_end <= old_end):
            raise TimestampInvalid("the new token's certificate ends no later than the old one's")

    def token_of(self, size: int, authority: str) -> Token | None:
        """A token that lies in the archive; None where there is none that can be read."""
        answer = self._files.timestamp(size, authority)
        try:
            return None if answer is None else Token.read(answer)
        except EvidenceError:
            return None

    def _keep(
        self, authority: Authority, checkpoint: Checkpoint, note: bytes, token: Token
    ) -> None:
        log = self._archive.layout.log
        KeptCheckpoints(log).keep(SignedNote.parse(note))
        path = log / timestamp_path(checkpoint.size, authority.name)
        replace_group([(path, token.answer)])

    def _log(
        self,
        authority: Authority,
        checkpoint: Checkpoint,
        token: Token,
        judgement: Judgement | None,
        actor: str,
        renews: str | None,
    ) -> Stamped:
        body: dict[str, object] = {
            "size": checkpoint.size,
            "root": checkpoint.root.hex(),
            "authority": authority.name,
            "token_sha256": token.sha256,
            "gen_time": format_time(token.info.gen_time_us),
        }
        if renews is not None:
            body["renews"] = renews
        entry = self._archive.log.append(Act.STAMP, body, actor)
        _log.info("stamped", authority=authority.name, size=checkpoint.size, seq=entry.seq)
        return Stamped(authority.name, checkpoint.size, entry.seq, token, judgement)


def _ask(authority: Authority, body: bytes) -> Token:
    nonce = secrets.randbits(NONCE_BITS)
    request = Request(authority.imprint, body, nonce, authority.policy)
    token = Token.read(authority.ask(request.encode()))
    request.check(token)
    return token


def _judge(authority: Authority, token: Token, body: bytes) -> Judgement | None:
    token.require_over(body)
    return verify(token, body, authority.roots) if authority.roots else None
