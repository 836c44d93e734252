"""Write the generated files, or check that they are up to date."""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from evidence_daemon.cli import language
from evidence_daemon.config import example
from evidence_daemon.generate import acts, commands, configuration, errors, verifier_page

_CHECKOUT = Path(__file__).parents[2]

PAGES: Mapping[str, Callable[[str], str]] = {
    "config.example.toml": lambda _: example.render(),
    "docs/configuration.md": lambda _: configuration.page(),
    "docs/errors.md": lambda _: errors.page(),
    "docs/commands.md": lambda _: commands.page(),
    "docs/formats.md": acts.fill,
    "archive/export/verifiers/verify.html": lambda _: verifier_page.page(),
}


def main(argv: Sequence[str] | None = None) -> int:
    """Write every page, or with ``--check`` name the stale ones.

    Returns:
        0, or 1 when a page is stale.
    """
    parser = argparse.ArgumentParser(prog="python -m evidence_daemon.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when stale")
    parser.add_argument("--root", type=Path, default=_CHECKOUT, help="the checkout")
    options = parser.parse_args(argv)
    language.use("en")
    stale = [name for name, page in PAGES.items() if _bring(options.root / name, page, options)]
    if not options.check:
        return 0
    for name in stale:
        sys.stderr.write(f"{name} is stale; run: python -m evidence_daemon.generate\n")
    return 1 if stale else 0


def _bring(path: Path, page: Callable[[str], str], options: argparse.Namespace) -> bool:
    """Whether a page was stale; it is written unless only a check was asked for."""
    present = path.read_text("utf-8") if path.exists() else ""
    wanted = page(present)
    if present == wanted:
        return False
    if not options.check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted, "utf-8")
    return True


if __name__ == "__main__":
    sys.exit(main())
