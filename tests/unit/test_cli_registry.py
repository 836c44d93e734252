from importlib import import_module

import click
import pytest

from evidence_daemon.cli.registry import REGISTRY, Entry


@pytest.mark.parametrize(("name", "entry"), REGISTRY.items(), ids=REGISTRY)
def test_each_entry_leads_to_its_command(name: str, entry: Entry) -> None:
    command = import_module(entry.module).command
    assert isinstance(command, click.Command)
    assert command.name == name
    assert command.help


@pytest.mark.parametrize("entry", REGISTRY.values(), ids=REGISTRY)
def test_each_summary_is_one_short_sentence_in_both_languages(entry: Entry) -> None:
    assert entry.summary.en.isascii()
    assert entry.summary.en.endswith(".")
    assert entry.summary.zh.endswith("。")
    assert len(entry.summary.en) <= 68
