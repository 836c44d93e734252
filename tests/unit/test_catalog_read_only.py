"""A catalog on a medium that cannot be written: asked, and nothing left behind."""

import shutil
from pathlib import Path

import pytest

from archive.catalog import Catalog
from tests.catalog_story import tell
from tests.read_only_medium import run_on_read_only

ASK = """
import os, sys
from pathlib import Path
from archive.catalog import Catalog, FindQuery
from tests.catalog_story import tell
path = Path(sys.argv[1], "catalog.sqlite")
try:
    Path(sys.argv[1], "probe").touch()
except OSError:
    pass
else:
    sys.exit("the medium can be written")
with Catalog.open(path, read_only=True) as catalog:
    print(catalog.log_size, len(list(catalog.find(FindQuery()))))
    assert catalog.compare(tell().entries) == []
    print(*sorted(os.listdir(sys.argv[1])))
"""


@pytest.fixture
def medium(tmp_path: Path) -> Path:
    folder = tmp_path / "medium"
    folder.mkdir()
    return folder


def test_one_that_was_closed(medium: Path) -> None:
    story = tell()
    with Catalog.open(medium / "catalog.sqlite") as catalog:
        catalog.apply(story.entries)
    assert run_on_read_only(medium, ASK) == f"{len(story.entries)} 6\ncatalog.sqlite\n"


@pytest.mark.parametrize("side_files", [("-wal",), ("-wal", "-shm")])
def test_one_copied_while_it_was_open(
    medium: Path, tmp_path: Path, side_files: tuple[str, ...]
) -> None:
    """What a write-ahead log holds is part of the answer."""
    story, live = tell(), tmp_path / "catalog.sqlite"
    with Catalog.open(live) as catalog:
        catalog.apply(story.entries)
        for side in ("", *side_files):
            shutil.copyfile(f"{live}{side}", medium / f"catalog.sqlite{side}")
    names = " ".join(["catalog.sqlite", *sorted(f"catalog.sqlite{side}" for side in side_files)])
    assert run_on_read_only(medium, ASK) == f"{len(story.entries)} 6\n{names}\n"
