"""What the program knows stands in its documents, and they name nothing that it does not know."""

import re
from collections.abc import Iterator

import click
import pytest

from archive.replication.replicator import COPY_DAMAGED, COPY_MISSING
from drivers.recorder import SkipReason
from evidence_daemon.cli.frame import GlobalOption
from evidence_daemon.cli.main import root_command
from evidence_daemon.config.describe import sections
from evidence_daemon.generate.errors import error_classes
from evidence_daemon.service.manifest import ManifestIncomplete, ManifestMismatch
from evidence_daemon.status import AttentionReason, Status
from hashing.acts import SCHEMAS, Act
from tests.pages import ROOT, Page, pages

_OPERATIONS = Page("docs/operations.md")
_COMMANDS = Page("docs/commands.md")
_PACKAGES = ("hashing", "drivers", "archive", "evidence_daemon")
_PLACEHOLDERS = {"…", "ID", "VKEY"}
_WITH_VALUE = {"--config", "--lang"}
_OF_THE_SYSTEM = {"O_DIRECT", "SO_PEERCRED"}


def _sources() -> Iterator[str]:
    for package in _PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield path.read_text("utf-8")


def _said(pattern: str) -> set[str]:
    """What the sources say in one place of their sentences."""
    return {found for text in _sources() for found in re.findall(pattern, text)}


def _rows(page: Page) -> set[str]:
    """What stands as code in the first cell of a table's row."""
    return set(re.findall(r"^\| `([^`]+)`", page.text, re.MULTILINE))


def test_every_setting_stands_in_the_reference_with_its_variable() -> None:
    text = Page("docs/configuration.md").text
    for section in sections():
        assert f"[{section.name}]" in text
        for setting in section.settings:
            assert f"| `{setting.name}`<br>`{setting.variable}` |" in text, setting.name


def test_every_error_code_stands_in_the_reference() -> None:
    text = Page("docs/errors.md").text
    for kind in error_classes():
        assert f"| {kind.exit_code} | `{kind.code}` |" in text


def test_every_act_and_every_field_stands_in_the_formats() -> None:
    text = Page("docs/formats.md").text
    for act in Act:
        assert f"`{act}`" in text
    for act, schema in SCHEMAS.items():
        table = text.split(f"\n### `{act}`\n")[1].split("\n### ")[0]
        for field in schema.fields:
            assert f"| `{field.name}` |" in table or f"| `{field.name}[" in table, (act, field.name)


def test_every_command_and_every_option_stands_in_the_reference() -> None:
    for path, command in _leaves():
        part = _COMMANDS.text.split(f"## `{path}`\n")[1].split("\n## ")[0]
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not isinstance(parameter, GlobalOption):
                assert parameter.opts[-1] in part, (path, parameter.opts)


def test_every_state_of_a_slot_is_explained() -> None:
    assert {str(status) for status in Status if status is not Status.ATTENTION} <= _rows(
        _OPERATIONS
    )
    assert f"{Status.ATTENTION}(…)" in _rows(_OPERATIONS)
    assert {str(reason) for reason in AttentionReason} <= _rows(_OPERATIONS)


def test_every_alarm_is_explained_and_no_other() -> None:
    alarms = _said(r'"alarm": "(\w+)"') | {COPY_DAMAGED, COPY_MISSING}
    alarms |= {ManifestMismatch.code.lower(), ManifestIncomplete.code.lower()}
    part = _OPERATIONS.text.split("\n## Alarms\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == alarms


def test_every_reason_for_which_a_file_fails_is_explained_and_no_other() -> None:
    reasons = _said(r'_failure\([^)]*?, "(\w+)",') | _said(r'\n +"reason": "(\w+)",\n')
    part = _OPERATIONS.text.split("\n### Why a file failed\n")[1].split("\n## ")[0]
    assert set(re.findall(r"^\| `(\w+)` \|", part, re.MULTILINE)) == reasons
    assert {f"`{reason}`" for reason in SkipReason} <= set(re.findall(r"`\w+`", part))


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_command_line_is_one_that_the_program_understands(page: Page) -> None:
    for line in page.command_lines:
        words = line.split()[1:]
        if words and not _PLACEHOLDERS & {words[0]}:
            _require_known(words, line)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_code_of_an_error_that_is_named_exists(page: Page) -> None:
    codes = {kind.code for kind in error_classes()}
    named = {span for span in page.spans if re.fullmatch(r"[A-Z]+(_[A-Z]+)+", span)}
    assert {name for name in named if not name.startswith("EVD_")} - codes <= _OF_THE_SYSTEM


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_setting_that_is_named_exists(page: Page) -> None:
    settings = {f"{one.name}.{each.name}" for one in sections() for each in one.settings}
    tables = "|".join(one.name for one in sections())
    named = {span for span in page.spans if re.fullmatch(rf"({tables})\.[a-z_]+", span)}
    modules = {name for name in named if (ROOT / f"{name.replace('.', '/')}.py").exists()}
    verifiers = {path.name for path in (ROOT / "archive" / "export" / "verifiers").iterdir()}
    assert named - settings - modules - verifiers == set()


def _leaves() -> Iterator[tuple[str, click.Command]]:
    def below(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
        if not isinstance(command, click.Group):
            yield path, command
            return
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            yield from below(f"{path} {name}", child)

    yield from below("evd", root_command())


def _require_known(words: list[str], line: str) -> None:
    """Walk a command line down the tree of commands, and look its options up."""
    command: click.Command = root_command()
    options = {"--help", "--version"}
    skip = False
    for word in words:
        if skip:
            skip = False
        elif word.startswith("--"):
            name = word.split("=")[0].rstrip("`.,")
            skip = name in _WITH_VALUE
            options |= {opt for param in command.params for opt in param.opts}
            assert name in options, f"{line}: {name}"
        elif isinstance(command, click.Group):
            child = command.get_command(click.Context(command), word)
            assert child is not None, f"{line}: {word}"
            command = child
