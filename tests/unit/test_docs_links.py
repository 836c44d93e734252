"""What documents point at is there."""

import re

import pytest

from tests.pages import ROOT, Page, pages

_SOURCE = re.compile(
    r"(?:(?:hashing|drivers|archive|evidence_daemon|tests|systemd)/)?"
    r"[\w./-]*\.(?:py|toml|rules|service)"
)
_FOLDER = re.compile(r"(?:hashing|drivers|evidence_daemon|tests|systemd|bench)/[\w/-]*/|[a-z_]+/")
_NOT_IN_THE_CHECKOUT = {"config.toml", "checkpoint.py", "walk.py", "proof.py"}
_OF_AN_ARCHIVE = {"entries/", "objects/", "staging/", "quarantine/", "seals/", "notes/"}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_relative_link_leads_somewhere(page: Page) -> None:
    for link in page.links:
        if link.startswith(("https://", "http://")):
            continue
        target, _, anchor = link.partition("#")
        path = (page.path.parent / target).resolve() if target else page.path
        assert path.is_relative_to(ROOT), link
        assert path.exists(), link
        if anchor:
            assert anchor in Page(str(path.relative_to(ROOT))).anchors, link


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_file_of_the_checkout_that_is_named_is_there(page: Page) -> None:
    files = [f"/{path.relative_to(ROOT)}" for path in ROOT.glob("[!.]*/**/*.*")]
    files += [f"/{path.name}" for path in ROOT.glob("*.*")]
    for span in page.spans:
        if _SOURCE.fullmatch(span) and span not in _NOT_IN_THE_CHECKOUT and span[0] != "/":
            assert any(file.endswith(f"/{span}") for file in files), span


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_folder_of_the_checkout_that_is_named_is_there(page: Page) -> None:
    for span in page.spans:
        if _FOLDER.fullmatch(span) and span not in _OF_AN_ARCHIVE | {"demo-archive/"}:
            assert (ROOT / span).is_dir() or span in {"archive/"}, span


def test_every_decision_is_listed() -> None:
    folder = ROOT / "docs" / "decisions"
    listed = Page("docs/decisions/README.md").links
    assert sorted(listed) == sorted(p.name for p in folder.glob("*.md") if p.name != "README.md")


def test_every_decision_has_the_same_parts() -> None:
    for path in (ROOT / "docs" / "decisions").glob("0*.md"):
        text = path.read_text("utf-8")
        parts = re.findall(r"^\*\*(\w+)\.\*\*", text, re.MULTILINE)
        assert parts == ["Context", "Decision", "Consequences"], path.name


def test_every_reference_page_is_reachable_from_both_readmes() -> None:
    reference = {f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md")}
    for name in ("README.md", "README.zh-CN.md"):
        assert reference <= set(Page(name).links), name
