"""The verifiers that every package carries: the files in ``verifiers/``, as they are installed."""

from importlib.resources import files
from typing import Final

from hashing.errors import Bilingual, EvidenceError


class VerifiersMissing(EvidenceError):  # noqa: N818 - named for the state
    """The program is installed without the verifiers that a package must carry."""

    code = "VERIFIERS_MISSING"
    exit_code = 94
    meaning = Bilingual(
        zh="未生成数据包：没有校验程序的数据包无法由他人核对。没有任何改变。",
        en="No package was made: without the verifiers nobody else could check it. Nothing "
        "was changed.",
    )
    action = Bilingual(zh="重新安装 evidence-daemon。", en="Install evidence-daemon again, whole.")


VERIFIERS: Final = ("verify.html", "verify.py")
"""What every package carries, by file name."""


def verifiers() -> dict[str, bytes]:
    """The verifiers by file name.

    Raises:
        VerifiersMissing: The installation lacks one.
    """
    folder = files(__package__).joinpath("verifiers")
    try:
        return {name: folder.joinpath(name).read_bytes() for name in VERIFIERS}
    except OSError as error:
        raise VerifiersMissing(f"a verifier cannot be read: {error}") from error
