"""The generator as a process, writing into a folder of its own."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from evidence_daemon.cli.registry import REGISTRY
from evidence_daemon.config.schema import Config
from evidence_daemon.generate import acts
from evidence_daemon.generate.__main__ import main
from evidence_daemon.generate.errors import error_classes
from hashing.act_schema import Act
from tests.evd_process import environment

_PAGES = (
    "archive/export/verifiers/verify.html",
    "config.example.toml",
    "docs/commands.md",
    "docs/configuration.md",
    "docs/errors.md",
    "docs/formats.md",
)


def _generate(root: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "evidence_daemon.generate", "--root", root, *options],
        capture_output=True,
        text=True,
        check=False,
        # the pages do not depend on who writes them
        env=environment(LC_ALL="zh_CN.UTF-8"),
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("checkout")
    done = _generate(root)
    assert (done.returncode, done.stderr) == (0, "")
    return root


def test_written_pages_are_up_to_date(written: Path) -> None:
    assert sorted(str(p.relative_to(written)) for p in written.rglob("*.*")) == sorted(_PAGES)
    assert _generate(written, "--check").returncode == 0


@pytest.mark.parametrize("name", _PAGES)
def test_a_stale_page_is_named_and_left_alone(
    written: Path, name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for page in _PAGES:
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / page).write_bytes((written / page).read_bytes())
    stale = (written / name).read_text("utf-8").replace("`", "'").replace("# directory", "#")
    (tmp_path / name).write_text(stale, "utf-8")
    assert main(["--check", "--root", str(tmp_path)]) == 1
    assert capsys.readouterr().err == f"{name} is stale; run: python -m evidence_daemon.generate\n"
    assert (tmp_path / name).read_text("utf-8") == stale


def test_prose_around_the_tables_is_left_alone(written: Path) -> None:
    tables = (written / "docs" / "formats.md").read_text("utf-8")
    page = f"# Formats\n\n{tables}\nThe end.\n"
    assert acts.fill(page) == page
    unfilled = "# Formats\n\n<!-- generated: acts -->\n<!-- end generated -->\n"
    assert acts.fill(unfilled) == f"# Formats\n\n{tables}"


def test_everything_stands_in_the_pages(written: Path) -> None:
    pages = {name: (written / name).read_text("utf-8") for name in _PAGES}
    tomllib.loads(pages["config.example.toml"])
    for section, field in Config.model_fields.items():
        assert section in pages["config.example.toml"]
        assert f"[{section}]" in pages["docs/configuration.md"], field
    for kind in error_classes():
        assert f"| {kind.exit_code} | `{kind.code}` |" in pages["docs/errors.md"]
    for name in REGISTRY:
        assert f"## `evd {name}" in pages["docs/commands.md"]
    for act in Act:
        assert f"`{act}`" in pages["docs/formats.md"]
