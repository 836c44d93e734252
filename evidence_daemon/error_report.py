"""An error as it travels: from the service to its clients, and to people.

The API answers with the JSON of a report, the command line prints one, and an error that
came through the API keeps its code, its exit code and its words on the client's side.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from evidence_daemon.errors import ServiceBroken
from hashing.errors import Bilingual, EvidenceError


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """Everything there is to say about one error.

    Attributes:
        code: Stable code of its class.
        exit_code: What a process that ends with it exits with.
        detail: What happened, in one English sentence.
        meaning: What it means for the evidence.
        action: What to do next.
    """

    code: str
    exit_code: int
    detail: str
    meaning: Bilingual
    action: Bilingual

    def as_json(self) -> dict[str, object]:
        """The report as the API and ``--json`` write it."""
        return {
            "code": self.code,
            "exit_code": self.exit_code,
            "detail": self.detail,
            "meaning": {"zh": self.meaning.zh, "en": self.meaning.en},
            "action": {"zh": self.action.zh, "en": self.action.en},
        }


class RelayedError(EvidenceError):
    """An error that the service met and told its client about.

    Args:
        report: What the service said; it stands for the error in every respect.
    """

    def __init__(self, report: ErrorReport) -> None:
        super().__init__(report.detail)
        self.report = report


def report_of(error: EvidenceError) -> ErrorReport:
    """The report of an error of this program."""
    if isinstance(error, RelayedError):
        return error.report
    return ErrorReport(error.code, error.exit_code, error.detail, error.meaning, error.action)


def parse_report(data: Mapping[str, Any]) -> ErrorReport:
    """Read a report that the service sent.

    Raises:
        ServiceBroken: The data is not a report.
    """
    try:
        return ErrorReport(
            code=str(data["code"]),
            exit_code=int(data["exit_code"]),
            detail=str(data["detail"]),
            meaning=Bilingual(zh=str(data["meaning"]["zh"]), en=str(data["meaning"]["en"])),
            action=Bilingual(zh=str(data["action"]["zh"]), en=str(data["action"]["en"])),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ServiceBroken("the service reported an error that cannot be understood") from error
