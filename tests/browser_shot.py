"""A page as a browser shows it: a screenshot by a real headless Chromium."""

import shutil
import subprocess
from pathlib import Path

import pytest

needs_chromium = pytest.mark.skipif(shutil.which("chromium") is None, reason="no browser here")


def screenshot(page: Path, folder: Path, height: int = 3000) -> Path:
    """A PNG of a page, 1000 pixels wide."""
    shot = folder / f"{page.stem}.png"
    browser = [
        "chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
        "--no-first-run", "--disable-background-networking", "--disable-component-update",
        "--disable-sync", "--hide-scrollbars", f"--window-size=1000,{height}",
        f"--user-data-dir={folder / 'profile'}", f"--screenshot={shot}", page.as_uri(),
    ]  # fmt: skip
    subprocess.run(browser, check=True, capture_output=True, timeout=180)
    return shot


def codes(shot: Path) -> list[str]:
    """What a camera reads off a picture: the texts of its QR codes."""
    import zxingcpp
    from PIL import Image

    with Image.open(shot) as image:
        return [code.text for code in zxingcpp.read_barcodes(image)]
