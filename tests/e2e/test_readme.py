"""What the README prints is what happens: its blocks, run as they stand in an empty folder."""

from pathlib import Path

import pytest

from tests.pages import RUNNABLE, Page, run_as_printed


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_first_station_works_as_printed(tmp_path: Path) -> None:
    blocks = Page("README.md").blocks(RUNNABLE)
    done = run_as_printed(blocks, tmp_path, {}, timeout_s=800)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Found 1: 1 new, 0 known, 0 failed, 0 skipped." in done.stdout + done.stderr
    assert "Found 1: 0 new, 1 known, 0 failed, 0 skipped." in done.stdout + done.stderr
    assert "the pinned key proves its origin" in done.stdout
    assert '"status":"safe_to_remove"' in done.stdout
    [original] = (tmp_path / "card").rglob("*.mp4")
    assert (tmp_path / "copy.mp4").read_bytes() == original.read_bytes()
