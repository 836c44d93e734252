"""``verify.html`` as a person meets it: both languages, cancelling, paper, keyboard, memory.

What it says of tampered folders is told by the zoo; what it calculates, by the vectors.
"""

import hashlib
import io
import random
import re
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from hashing.entry import Act
from hashing.recording import recording_id
from tests.browser import Browser, browser, needs_browser
from tests.logbook import Logbook
from tests.page_verifier import PAGE, PageVerifier

pytestmark = needs_browser

MEBIBYTE = 1 << 20


@pytest.fixture(scope="module")
def session() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


@pytest.fixture
def page(session: Browser) -> PageVerifier:
    return PageVerifier(session)


def write_log(folder: Path, book: Logbook) -> Path:
    for name, data in book.files().items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def write_archive(folder: Path, sha256: str, size_bytes: int) -> tuple[Path, str]:
    """An archive without its one object; the object's place and the verifier key."""
    book = Logbook()
    body = {
        "docking": "d" * 32,
        "recording": recording_id("recorder", sha256),
        "recorder": "recorder",
        "officer": None,
        "object": {"sha256": sha256, "size_bytes": size_bytes},
        "complete": True,
        "path": "large.mp4",
        "mtime_us": 0,
        "mtime_zone": "utc",
        "sample": "0" * 64,
        "name": None,
    }
    book.append(Act.INGEST, body)
    write_log(folder / "log", book)
    place = folder / "objects" / sha256[:2] / sha256
    place.parent.mkdir(parents=True)
    return place, str(book.key.verifier)


def write_sparse_archive(folder: Path, size_bytes: int) -> str:
    """An archive of one object of zeros, which takes no room on the disk; its verifier key."""
    digest = hashlib.sha256()
    for _ in range(size_bytes // MEBIBYTE):
        digest.update(bytes(MEBIBYTE))
    place, key = write_archive(folder, digest.hexdigest(), size_bytes)
    with place.open("wb") as file:
        file.truncate(size_bytes)
    return key


def changed_page(folder: Path, old: str, new: str) -> Path:
    """A copy of the page with other words in its worker, which stand there once."""
    text = PAGE.read_text("utf-8")
    assert text.count(old) == 1
    copy = folder / "verify.html"
    copy.write_text(text.replace(old, new), "utf-8")
    return copy


def wait_for_workers(session: Browser, count: int) -> None:
    """Wait until so many workers run in the browser's processes."""
    until = time.monotonic() + 60
    while (found := session.threads().count("DedicatedWorker")) != count:
        assert time.monotonic() < until, f"{found} workers run"
        time.sleep(0.02)


class Outline(HTMLParser):
    """Tags and addresses of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.tags.append(tag)
        self.addresses += [given[name] or "" for name in ("src", "href") if name in given]
        if given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""


def test_the_page_is_one_file_that_asks_for_nothing_else() -> None:
    outline = Outline()
    outline.feed(PAGE.read_text("utf-8"))
    assert outline.addresses == []
    assert not {"link", "iframe", "object", "embed", "img"} & set(outline.tags)
    assert outline.policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe" not in outline.policy
    assert not re.search(r"\bfetch\(|XMLHttpRequest|WebSocket|importScripts|innerHTML|\beval\(",
                         PAGE.read_text("utf-8"))  # fmt: skip


def test_the_policy_lets_no_other_script_run_and_nothing_out(session: Browser) -> None:
    session.open(PAGE)
    session.console()
    made = session.run(
        """const script = document.createElement('script');
        script.textContent = 'window.foreign = true';
        document.body.append(script);
        const sent = await fetch('data:,x').then(() => 'sent', () => 'refused');
        return [window.foreign ?? null, sent];"""
    )
    assert made == [None, "refused"]
    assert any("Content Security Policy" in line for line in session.console())


def test_one_switch_turns_the_language(
    session: Browser, page: PageVerifier, tmp_path: Path
) -> None:
    page.verify(write_log(tmp_path / "log", Logbook().fill(3)))
    seen = "return [document.documentElement.lang, document.getElementById('report').innerText];"
    language, text = session.run(seen)
    assert language == "zh"
    assert text.index("自身一致，来源未证明") < text.index("SELF-CONSISTENT, ORIGIN NOT PROVEN")
    assert "逐项核验" in text
    assert "Check by check" not in text
    session.run("window.scrollTo(0, 0)")
    session.click("#language")
    language, text = session.run(seen)
    assert language == "en"
    assert "Check by check" in text
    assert "逐项核验" not in text


def test_every_check_says_its_status_in_words_beside_the_colour(
    session: Browser, page: PageVerifier, tmp_path: Path
) -> None:
    found = page.verify(write_log(tmp_path / "log", Logbook().fill(3)))
    rows = session.run(
        "return [...document.querySelectorAll('tr[data-check]')].map((row) =>"
        " [Number(row.dataset.check), row.dataset.status, row.querySelector('.chip').textContent])"
    )
    words = {"pass": "✓通过PASS", "warn": "!注意WARN", "not_checked": "–未检查NOT CHECKED"}
    assert [row[0] for row in rows] == list(range(1, 19))
    assert all(row[1] == found.status(row[0]) and row[2] == words[row[1]] for row in rows)


def test_the_fingerprint_to_compare_stands_in_the_amber_verdict(
    session: Browser, page: PageVerifier, tmp_path: Path
) -> None:
    book = Logbook().fill(3)
    page.verify(write_log(tmp_path / "log", book))
    shown = session.run("return document.querySelector('.verdict.warn .fingerprint').textContent")
    assert shown.replace(" ", "") == book.key.verifier.fingerprint


def test_controls_have_names_and_the_verdict_takes_the_focus(
    session: Browser, page: PageVerifier, tmp_path: Path
) -> None:
    page.verify(write_log(tmp_path / "log", Logbook().fill(3)))
    unnamed = session.run(
        "return [...document.querySelectorAll('button, input, a, summary, progress')].filter((e) =>"
        " !e.textContent.trim() && !e.labels?.length && !e.getAttribute('aria-labelledby'))"
        ".map((e) => e.outerHTML)"
    )
    assert unnamed == []
    assert session.run("return document.activeElement.closest('.verdict') !== null")


def test_it_can_be_cancelled_and_begun_again(
    session: Browser, page: PageVerifier, tmp_path: Path
) -> None:
    key = write_sparse_archive(tmp_path / "archive", 600 * MEBIBYTE)
    page.give(tmp_path / "archive", key)
    page.start()
    session.click("#cancel")
    assert "Cancelled" in page.wait().refusal
    assert session.run("return document.getElementById('report').hidden")
    assert page.verify(write_log(tmp_path / "log", Logbook().fill(3))).exit_code == 101


def test_cancelling_ends_the_helper_too(
    session: Browser, page: PageVerifier, tmp_path: Path
) -> None:
    key = write_sparse_archive(tmp_path / "archive", 600 * MEBIBYTE)
    page.give(tmp_path / "archive", key)
    page.start()
    wait_for_workers(session, 2)
    session.click("#cancel")
    wait_for_workers(session, 0)
    assert "Cancelled" in page.wait().refusal


def test_a_large_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """The file is larger than what any process of the browser ever holds."""
    key = write_sparse_archive(tmp_path / "archive", 1024 * MEBIBYTE)
    with browser() as session:
        found = PageVerifier(session).verify(tmp_path / "archive", key, patience_s=250)
        peaks = session.peak_memory()
    assert found.exit_code == 0, found.findings
    assert max(peaks.values()) < 400 * MEBIBYTE, peaks


HELPER = ': URL.createObjectURL(new Blob([source], { type: "text/javascript" }))'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("HELPER_BYTES = 256 << 20", "HELPER_BYTES = 5000011"),
        (HELPER, ': "https://127.0.0.1/refused-by-the-policy"'),
        (HELPER, ": URL.createObjectURL(new Blob(['throw new Error()']))"),
        (HELPER, ": URL.createObjectURL(new Blob(['onmessage = () => postMessage({})']))"),
    ],
    ids=["many helpers", "no helper", "a helper that fails", "a helper that gives up"],
)
def test_a_file_has_the_same_digest_whoever_reads_it(
    session: Browser, tmp_path: Path, old: str, new: str
) -> None:
    data = random.Random(7).randbytes(20 * MEBIBYTE + 77)
    place, key = write_archive(tmp_path / "archive", hashlib.sha256(data).hexdigest(), len(data))
    place.write_bytes(data)
    page = PageVerifier(session, changed_page(tmp_path, old, new))
    assert page.verify(tmp_path / "archive", key).exit_code == 0
    place.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert page.verify(tmp_path / "archive", key).failed == {12}


def test_a_large_file_that_is_gone_since_it_was_chosen_cannot_be_read(
    page: PageVerifier, tmp_path: Path
) -> None:
    key = write_sparse_archive(tmp_path / "archive", 16 * MEBIBYTE)
    page.give(tmp_path / "archive", key)
    next((tmp_path / "archive" / "objects").glob("*/*")).unlink()
    page.start()
    found = page.wait()
    assert [one["detail"]["en"].split(":")[0] for one in found.findings] == ["cannot be read"]


def test_it_needs_no_cryptography_of_the_browser(session: Browser, tmp_path: Path) -> None:
    """The same verdict where the browser has neither digests nor Ed25519 to offer."""
    folder = write_log(tmp_path / "log", Logbook().fill(3))
    without = tmp_path / "verify.html"
    text = PAGE.read_text("utf-8")
    assert text.count("await crypto.subtle.digest") == 2
    without.write_text(text.replace("crypto.subtle.digest", "undefined.digest"), "utf-8")
    assert PageVerifier(session, without).verify(folder).exit_code == 101


def test_the_report_can_be_printed(session: Browser, page: PageVerifier, tmp_path: Path) -> None:
    page.verify(write_log(tmp_path / "log", Logbook().fill(3)))
    session.print_to(tmp_path / "report.pdf")
    printed = io.BytesIO((tmp_path / "report.pdf").read_bytes())
    assert printed.read(5) == b"%PDF-"
    hidden = session.run(
        "const rules = [...document.styleSheets[0].cssRules];"
        "return rules.find((rule) => rule.media?.mediaText === 'print').cssText"
    )
    assert "form" in hidden
