"""The verifiers that every package carries: the files in ``verifiers/``, as they are installed."""

from importlib.resources import files

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


_SUFFIXES = (".py", ".html")
_FOLDER = "verifiers"


def verifiers() -> dict[str, bytes]:
    """The verifiers by file name.

    Raises:
        VerifiersMissing: The installation has none, or they cannot be read.
    """
    try:
        found = {
            each.name: each.read_bytes()
            for each in files(__package__).joinpath(_FOLDER).iterdir()
            if each.name.endswith(_SUFFIXES) and not each.name.startswith("_")
        }
    except OSError as error:
        raise VerifiersMissing(f"the verifiers cannot be read: {error}") from error
    return dict(sorted(found.items()))
