"""Where everything that goes wrong in a command becomes a message and an exit code.

An error of this program is told in three steps: what happened, what it means for the
evidence, what to do next. Anything else is a defect: it is told as one, and its traceback
is shown only under ``EVD_DEBUG``.
"""

import os
import sys
from collections.abc import Callable

import click

from evidence_daemon.cli.invocation import Invocation
from evidence_daemon.cli.language import current, say
from evidence_daemon.cli.printable import printable
from evidence_daemon.error_report import ErrorReport, report_of
from evidence_daemon.errors import InternalError, UsageError
from hashing.errors import EvidenceError

INTERRUPTED = 130
BROKEN_PIPE = 141
_FIRST_WARNING = 100


def guard(call: Callable[[], int], invocation: Invocation) -> int:
    """Run a command and tell what goes wrong.

    Args:
        call: The command; its result is the exit code.
        invocation: Says whether errors are JSON lines.

    Returns:
        The exit code of the process.
    """
    try:
        code = _ended(call, invocation)
        sys.stdout.flush()
    except BrokenPipeError:
        # whoever read our output has seen enough; nothing more can or need be said
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _ended(call: Callable[[], int], invocation: Invocation) -> int:
    try:
        return call()
    except click.exceptions.Exit as ending:
        return ending.exit_code
    except (KeyboardInterrupt, click.Abort):
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        _trace()
        return tell(_as_ours(error), invocation)


def _as_ours(error: Exception) -> EvidenceError:
    if isinstance(error, EvidenceError):
        return error
    if isinstance(error, click.ClickException):
        context = getattr(error, "ctx", None)
        command = f" ({context.command_path})" if context else ""
        return UsageError(error.format_message().rstrip(".") + command)
    return InternalError(f"{type(error).__name__}: {error}")


def _trace() -> None:
    if os.environ.get("EVD_DEBUG"):
        import traceback

        traceback.print_exc()


def tell(error: EvidenceError, invocation: Invocation) -> int:
    """Tell an error of this program, as a JSON line or in three steps.

    Returns:
        The exit code of its class.
    """
    report = report_of(error)
    if invocation.as_json:
        invocation.output.json_line({"type": "error", **report.as_json()})
    else:
        sys.stdout.flush()
        sys.stderr.write(_text(report))
    return report.exit_code


def _text(report: ErrorReport) -> str:
    is_warning = report.exit_code >= _FIRST_WARNING
    title = say(zh="警告", en="Warning") if is_warning else say(zh="错误", en="Error")
    meaning = say(zh="对证据的影响：", en="For the evidence: ")
    action = say(zh="下一步：", en="What to do: ")
    return (
        f"{title} {report.code}: {printable(report.detail)}\n"
        f"{meaning}{report.meaning.in_language(current())}\n"
        f"{action}{report.action.in_language(current())}\n"
    )
