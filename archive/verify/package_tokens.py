"""Check 15 for an evidence package: the timestamps beside its anchors.

A token is over the anchor beside it; where entries in the package speak of it, it is the one that
they name; with pinned roots it verifies under them. A signature that nobody here can judge is
said not to be checked.

Not checked: revocation; and whether the authority's roots in the package are anybody's.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from cryptography import x509

from archive.verify.findings import Stamped
from archive.verify.package_files import PackageFiles
from archive.verify.token_judge import TokenJudge
from archive.verify.witnesses import NamedNote
from hashing.entry import Act, Entry, format_time
from hashing.errors import EvidenceError, MissingFile
from hashing.findings import FindingList, Severity
from hashing.timestamp import MAX_ANSWER_BYTES, TimestampInvalid, Token

CHECK_TOKENS: Final = 15


class PackageTokens:
    """The tokens of one package.

    Attributes:
        not_checked: What was not checked.
        verified: For each token that is not wrong, whether its signature was verified.

    Args:
        files: The files of the package.
        entries: Its entries, by number.
        roots: The pinned roots.
        findings: Where findings go.
    """

    def __init__(
        self,
        files: PackageFiles,
        entries: Mapping[int, Entry],
        roots: Sequence[x509.Certificate],
        findings: FindingList,
    ) -> None:
        self._files = files
        self._entries = entries
        self._roots = roots
        self._findings = findings
        self.not_checked: list[str] = []
        self.verified: list[bool] = []

    def check(self, name: str, size: int, authority: str, over: NamedNote) -> None:
        """Check 15.

        Args:
            name: Where the token lies in the package.
            size: The size of the anchor, as the index says it.
            authority: Who is to have given it.
            over: The anchor beside it.
        """
        try:
            token = Token.read(self._files.read(name, MAX_ANSWER_BYTES))
            token.require_over(over.note.text.encode())
            _require_named(token, self._stamps(size, authority))
            self._judge_signature(name, token, size, over)
        except (MissingFile, TimestampInvalid) as error:
            self._findings.add_error(CHECK_TOKENS, name, error)
        except EvidenceError as error:
            self._findings.add(TimestampInvalid, CHECK_TOKENS, name, error.detail)

    def _judge_signature(self, name: str, token: Token, size: int, over: NamedNote) -> None:
        judges = TokenJudge(self._roots).verified_by(token, over.note.text.encode())
        self.verified.append(bool(judges))
        if judges:
            time = format_time(token.info.gen_time_us)
            by = " and ".join(judges)
            detail = f"entries 0 to {size - 1} existed by {time} (verified by {by})"
            self._findings.add(Stamped, CHECK_TOKENS, name, detail, Severity.INFORMATION)
        elif self._roots:
            kind = token.signature_name
            self.not_checked.append(f"the signature of {name}: of a kind not judged here ({kind})")

    def _stamps(self, size: int, authority: str) -> list[Entry]:
        """The entries in the package that speak of a token over this anchor."""
        wanted = (Act.STAMP.value, size, authority)
        return [
            entry
            for entry in self._entries.values()
            if (entry.act, entry.fields.get("size"), entry.fields.get("authority")) == wanted
        ]


def _require_named(token: Token, stamps: Sequence[Entry]) -> None:
    """A token that entries speak of must be one of those they name."""
    named = {entry.fields.get("token_sha256") for entry in stamps}
    if named and token.sha256 not in named:
        seqs = ", ".join(str(entry.seq) for entry in stamps)
        raise TimestampInvalid(f"not the token that entry {seqs} names")
