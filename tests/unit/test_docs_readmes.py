"""The two READMEs say the same, and what runs in continuous integration is what they say."""

import re

import pytest

from tests.pages import ROOT, RUNNABLE, Page

_ENGLISH, _CHINESE = Page("README.md"), Page("README.zh-CN.md")
_CI = ROOT / ".ci" / "run"


def test_they_have_the_same_sections() -> None:
    levels = [[level for level, _ in page.headings] for page in (_ENGLISH, _CHINESE)]
    assert levels[0] == levels[1]
    assert all(re.search(r"[\u4e00-\u9fff]", text) for _, text in _CHINESE.headings[1:])


@pytest.mark.parametrize("info", ["sh", RUNNABLE])
def test_they_have_the_same_commands(info: str) -> None:
    assert _ENGLISH.blocks(info)
    assert _ENGLISH.blocks(info) == _CHINESE.blocks(info)


def test_they_have_the_same_links_but_for_one_another() -> None:
    assert _ENGLISH.links[0] == _CHINESE.name
    assert _CHINESE.links[0] == _ENGLISH.name
    assert _ENGLISH.links[1:] == _CHINESE.links[1:]


def test_they_name_the_same_commands_and_files_in_their_sentences() -> None:
    assert sorted(set(_ENGLISH.spans)) == sorted(set(_CHINESE.spans))


def test_the_commands_that_begin_are_those_of_continuous_integration() -> None:
    script = _CI.read_text("utf-8")
    lines = [line.strip() for line in script.splitlines()]
    for command in (*_ENGLISH.blocks("sh")[0].split("\n")[:-1], "make check"):
        assert any(line.split(" |")[0] == command for line in lines), command


def test_the_makefile_has_every_target_that_is_named() -> None:
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    for page in (_ENGLISH, _CHINESE):
        named = re.findall(r"\bmake (\w+)\b", page.text)
        assert set(named) <= set(targets)
