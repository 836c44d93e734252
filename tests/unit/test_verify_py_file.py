"""The portable verifier as a file: alone, standard library only, readable by Python 3.8."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hashing.note import VerifierKey
from tests.logbook import Logbook
from tests.verify_py import VERIFY_PY, ask, run, write

SOURCE = VERIFY_PY.read_text("utf-8")
BOOK = Logbook().fill(3)
KEY: VerifierKey = BOOK.first_key.verifier


def test_it_parses_as_python_3_8() -> None:
    ast.parse(SOURCE, feature_version=(3, 8))


def test_it_uses_nothing_newer_than_python_3_8() -> None:
    vermin = Path(sys.executable).with_name("vermin")
    ended = subprocess.run(
        [vermin, "-t=3.8-", "--no-tips", "--violations", VERIFY_PY],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout


def test_it_imports_the_standard_library_only() -> None:
    imported = set()
    for node in ast.walk(ast.parse(SOURCE)):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0
            imported.add(str(node.module).partition(".")[0])
    assert imported <= sys.stdlib_module_names


def interpreter(version: str) -> str | None:
    """Another Python, from the path or from where pyenv keeps them."""
    kept = Path.home().glob(f".pyenv/versions/{version}.*/bin/python")
    found = [*map(str, kept), *filter(None, [shutil.which(f"python{version}")])]
    works = (name for name in found if not subprocess.run([name, "-c", ""], check=False).returncode)
    return next(works, None)


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.12", "3.13", "3.14"])
def test_other_pythons_say_the_same(version: str, tmp_path: Path) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"no Python {version} here")
    folder = write(tmp_path / "log", BOOK.files())
    ours, theirs = ask(folder), ask(folder, python=python)
    assert (ours.exit_code, ours.findings, ours.summary) == (101, theirs.findings, theirs.summary)


def test_it_runs_alone_from_the_folder_it_lies_in(tmp_path: Path) -> None:
    folder = write(tmp_path / "somewhere", BOOK.files())
    script = Path(shutil.copy(VERIFY_PY, folder))
    answer = ask("--key", str(KEY), script=script)
    assert (answer.exit_code, answer.findings) == (0, [])
    assert sorted(path.name for path in folder.iterdir()) == ["checkpoint", "tile", "verify.py"]


def test_several_processes_say_what_one_says(tmp_path: Path) -> None:
    book = Logbook().fill(256 * 70)
    files = book.files()
    name = "tile/entries/066"
    files[name] = files[name].replace(b'"slot 7"', b'"slot 8"', 3)
    folder = write(tmp_path / "log", files)
    one, several = ask(folder, "--processes", "1"), ask(folder, "--processes", "3")
    assert one.failed == {4, 5}
    assert (one.findings, one.summary) == (several.findings, several.summary)


def test_the_report_speaks_both_languages(tmp_path: Path) -> None:
    folder = write(tmp_path / "log", BOOK.files())
    zh, en = run(folder, "--lang", "zh"), run(folder, "--lang", "en")
    assert (zh.returncode, en.returncode) == (101, 101)
    assert "未证明出自哪台采集站" in zh.stdout
    assert "origin not proven" in en.stdout
    for ended in (zh, en):
        assert KEY.fingerprint in ended.stdout


@pytest.mark.parametrize(
    "wrong",
    ["nonsense", str(KEY)[:-2], str(KEY).replace("+", "-")],
    ids=["no key", "cut short", "no plus"],
)
def test_a_key_that_is_none_is_a_usage_error(wrong: str, tmp_path: Path) -> None:
    ended = run(tmp_path, "--key", wrong)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr


def test_a_known_file_that_is_none_is_a_usage_error(tmp_path: Path) -> None:
    folder = write(tmp_path / "log", BOOK.files())
    (tmp_path / "known").write_bytes(b"nonsense")
    for name in ("known", "absent"):
        ended = run(folder, "--known", tmp_path / name)
        assert ended.returncode == 2
        assert "Traceback" not in ended.stderr
