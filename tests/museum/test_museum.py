"""Archives of earlier releases: verified, rebuilt and asked by the present program.

Answers may gain fields; what was said once is said for ever.
"""

import json
import tarfile
from pathlib import Path
from typing import Any

import pytest

from archive.catalog.catalog import Catalog
from archive.log.reader import LogFiles
from archive.verify.archive import Progress, Question, verify_archive
from hashing.note import VerifierKey
from tests.museum.answers import answers

PIECES = sorted(path.parent for path in Path(__file__).parent.glob("*/vkey"))


@pytest.fixture(params=PIECES, ids=lambda piece: piece.name)
def piece(request: pytest.FixtureRequest) -> Path:
    found: Path = request.param
    return found


@pytest.fixture
def archive(piece: Path, tmp_path: Path) -> Path:
    with tarfile.open(piece / "archive.tar.xz") as bundle:
        bundle.extractall(tmp_path, filter="data")
    return tmp_path / "archive"


def test_it_verifies_against_its_pinned_key(piece: Path, archive: Path) -> None:
    key = VerifierKey.parse((piece / "vkey").read_text().strip())
    (archive / "catalog.sqlite").unlink()  # of another schema, perhaps; the log is what counts
    verdict = verify_archive(archive, Question(key=key, deep=True), Progress())
    assert verdict.findings == ()
    assert verdict.log.origin_proven
    assert verdict.objects > 0


def test_it_gives_the_answers_it_gave_then(piece: Path, archive: Path, tmp_path: Path) -> None:
    log = LogFiles(archive / "log")
    with Catalog.open(tmp_path / "rebuilt.sqlite") as catalog:
        catalog.rebuild(log.entries(), log.head().root.hex())
        now = json.loads(json.dumps(answers(catalog)))
    then = json.loads((piece / "answers.json").read_text())
    assert _says_all_of(now, then)


def _says_all_of(now: Any, then: Any) -> bool:
    if isinstance(then, dict):
        return isinstance(now, dict) and all(
            key in now and _says_all_of(now[key], value) for key, value in then.items()
        )
    if isinstance(then, list):
        return len(now) == len(then) and all(map(_says_all_of, now, then))
    return bool(now == then)


def test_the_museum_is_not_empty() -> None:
    assert PIECES
