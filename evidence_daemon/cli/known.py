"""What people kept elsewhere, as commands take it: the verifier key, policies, checkpoints."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from evidence_daemon.cli.language import say
from evidence_daemon.errors import UsageError
from hashing.errors import EvidenceError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from cryptography import x509

    from archive.verify.known import KnownCheckpoint
    from archive.verify.timestamps import KnownToken
    from hashing.note import VerifierKey
    from hashing.policy import Policy

key_option = click.option(
    "--key",
    "key_text",
    metavar="VKEY",
    help=say(
        zh="锁定的验证密钥（evd init 打印）。", en="The pinned verifier key that evd init printed."
    ),
)
known_option = click.option(
    "--known",
    "known_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=say(
        zh="外部保存的检查点（evd log head 的输出、见证签名的检查点、.tlog-proof 或回执），"
        "可多次给出；evd verify 还接受时间戳（.tsr）。",
        en="A checkpoint kept elsewhere: as evd log head prints it, cosigned, in a "
        ".tlog-proof or in a receipt; for evd verify also a timestamp token (.tsr). May be "
        "repeated.",
    ),
)
tsa_root_option = click.option(
    "--tsa-root",
    "root_files",
    multiple=True,
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=say(
        zh="时间戳机构的根证书（PEM），可多次给出；默认为配置中的根证书。",
        en="Root certificates of a time-stamping authority in PEM, may be repeated; else the "
        "configured ones.",
    ),
)
policy_option = click.option(
    "--policy",
    "policy_file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help=say(
        zh="信任策略文件（C2SP tlog-policy）：认可哪些日志密钥、哪些见证方、多少见证才够。",
        en="A trust policy (C2SP tlog-policy): which log keys, which witnesses, what quorum.",
    ),
)


def read_policy(file: Path | None) -> "Policy | None":
    """Read a trust policy, if one is given.

    Raises:
        UsageError: The file cannot be read.
        MalformedPolicy: It is none.
    """
    from hashing.policy import MalformedPolicy, Policy

    if file is None:
        return None
    try:
        return Policy.parse(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except MalformedPolicy as error:
        raise MalformedPolicy(f"{file}: {error.detail}") from error


def read_known(file: Path) -> "KnownCheckpoint":
    """Read a checkpoint; its signatures are judged later.

    Raises:
        UsageError: The file is none.
        DigestMismatch: It is a receipt that was changed.
        ProofInvalid: It is a receipt whose proof does not hold.
    """
    from archive.verify.known import KnownCheckpoint
    from hashing.errors import DigestMismatch
    from hashing.merkle import ProofInvalid

    try:
        return KnownCheckpoint.parse(file.read_bytes())
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except (DigestMismatch, ProofInvalid) as error:
        raise type(error)(f"{file}: {error.detail}") from error
    except EvidenceError as error:
        raise UsageError(f"{file} holds no signed checkpoint: {error.detail}") from error


def read_root_files(files: "Iterable[Path]") -> "list[x509.Certificate]":
    """Read root certificates of time-stamping authorities.

    Raises:
        UsageError: A file holds none.
    """
    from hashing.timestamp import read_roots

    roots: list[x509.Certificate] = []
    for file in files:
        try:
            roots += read_roots(file.read_bytes())
        except OSError as error:
            raise UsageError(f"{file} cannot be read: {error.strerror}") from error
        except EvidenceError as error:
            raise UsageError(f"{file}: {error.detail}") from error
    return roots


def read_known_token(file: Path) -> "KnownToken | None":
    """Read a timestamp token; None where the file is none but something else.

    Raises:
        UsageError: The file cannot be read, or begins as a token does and is none.
    """
    from archive.verify.timestamps import KnownToken
    from hashing.timestamp import Token, looks_like_answer

    try:
        data = file.read_bytes()
        token = Token.read(data) if looks_like_answer(data) else None
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}") from error
    except EvidenceError as error:
        raise UsageError(f"{file} holds no timestamp token: {error.detail}") from error
    return None if token is None else KnownToken(f"known token {file.name}", token)


def read_key(text: str | None) -> "VerifierKey | None":
    """Read a verifier key, if one is given.

    Raises:
        UsageError: The text is none.
    """
    from hashing.note import VerifierKey

    if text is None:
        return None
    try:
        return VerifierKey.parse(text.strip())
    except EvidenceError as error:
        raise UsageError(f"the pinned key cannot be read: {error.detail}") from error
