import json
import subprocess
import sys

_SCRIPT = """
import logging, os, structlog
from evidence_daemon import logs
status = os.fstat(2)
if {under_systemd}:
    os.environ["JOURNAL_STREAM"] = f"{{status.st_dev}}:{{status.st_ino}}"
logs.configure("info")
log = structlog.get_logger("station")
log.info("docked", path="a\\x1b[2Jb", slot=7)
log.debug("not shown")
logging.getLogger("library").warning("%s went %s", "it", "wrong")
def fails(secret_key):
    raise RuntimeError("boom")
try:
    fails("PRIVATE+KEY")
except RuntimeError:
    log.exception("failed")
"""


def _written(*, under_systemd: bool) -> str:
    script = _SCRIPT.format(under_systemd=under_systemd)
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    return done.stderr


def test_under_systemd_each_line_is_json() -> None:
    lines = [json.loads(line) for line in _written(under_systemd=True).splitlines()]
    assert [line["event"] for line in lines] == ["docked", "it went wrong", "failed"]
    assert lines[0]["path"] == "a\x1b[2Jb"
    assert lines[0]["slot"] == 7
    assert lines[1]["logger"] == "library"
    assert lines[2]["exception"][0]["exc_type"] == "RuntimeError"


def test_elsewhere_lines_are_for_people_and_safe_for_a_terminal() -> None:
    text = _written(under_systemd=False)
    assert "docked" in text
    assert "it went wrong" in text
    assert "\x1b[2J" not in text


def test_no_traceback_shows_local_values() -> None:
    for under_systemd in (True, False):
        text = _written(under_systemd=under_systemd)
        assert "boom" in text
        assert "'PRIVATE+KEY'" not in text.replace('fails("PRIVATE+KEY")', "")
