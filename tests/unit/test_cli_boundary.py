import click
import pytest

from archive.errors import DiskFull
from evidence_daemon.cli.boundary import guard
from evidence_daemon.cli.invocation import Invocation
from hashing.errors import OriginNotProven


def _raising(error: BaseException) -> int:
    def call() -> int:
        raise error

    return guard(call, Invocation())


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (DiskFull("no room"), 52),
        (OriginNotProven("nothing pinned the key"), 101),
        (click.UsageError("no"), 2),
        (KeyboardInterrupt(), 130),
        (click.Abort(), 130),
        (ZeroDivisionError("division by zero"), 3),
        (OSError(5, "Input/output error"), 3),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else type(value).__name__,
)
def test_each_ending_has_its_exit_code(error: BaseException, code: int) -> None:
    assert _raising(error) == code


def test_a_warning_is_not_called_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    _raising(OriginNotProven("nothing pinned the key"))
    assert capsys.readouterr().err.startswith("Warning ORIGIN_NOT_PROVEN: nothing pinned the key\n")


def test_a_defect_shows_its_traceback_only_when_asked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("EVD_DEBUG", raising=False)
    _raising(ZeroDivisionError("division by zero"))
    quiet = capsys.readouterr().err
    assert quiet.startswith("Error INTERNAL: ZeroDivisionError: division by zero\n")
    assert "Traceback" not in quiet
    monkeypatch.setenv("EVD_DEBUG", "1")
    _raising(ZeroDivisionError("division by zero"))
    assert "Traceback" in capsys.readouterr().err
