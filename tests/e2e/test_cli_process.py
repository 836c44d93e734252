"""``evd`` as people and scripts meet it: real processes, their streams and exit codes."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from evidence_daemon import __version__
from tests.evd_process import EVD, environment, records, run

_HEAVY = ("pydantic", "sqlalchemy", "fastapi", "rich", "cryptography", "httpx", "structlog")


def test_help_lists_the_commands_in_the_language_asked_for() -> None:
    english, chinese = run("--help"), run("--lang", "zh", "--help")
    assert (english.returncode, chinese.returncode) == (0, 0)
    assert "Usage: evd" in english.stdout
    assert "Show or check the configuration." in english.stdout
    assert "用法：evd" in chinese.stdout
    assert "显示或检查配置。" in chinese.stdout
    assert run(env={"LC_ALL": "zh_CN.UTF-8"}).stdout == chinese.stdout
    assert english.stderr == chinese.stderr == ""


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from evidence_daemon.cli.main import main; main(['--help']);"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    packages = {name.split(".")[0] for name in done.stderr.split()}
    assert "click" in packages
    assert packages.isdisjoint(_HEAVY)


def test_the_version() -> None:
    assert run("--version").stdout == f"evd {__version__}\n"


@pytest.mark.parametrize("position", [0, 1, 2])
def test_global_options_may_stand_anywhere(position: int) -> None:
    words = ["config", "show"]
    words.insert(position, "--json")
    rows = records(run(*words).stdout)
    assert rows[0] == {
        "key": "archive.directory",
        "value": "/var/lib/evidence-daemon/archive",
        "source": "default",
        "where": "",
    }


def test_show_tells_where_each_value_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[archive]\nsm3 = false\n")
    done = run(
        "config", "show", "--origin", "--config", str(file), env={"EVD_STATION__WORKERS": "7"}
    )
    rows = {line.split("\t")[0]: line.split("\t")[1:] for line in done.stdout.splitlines()}
    assert rows["Setting"] == ["Value", "Origin"]
    assert rows["archive.sm3"] == ["false", f"{file}:2"]
    assert rows["station.workers"] == ["7", "EVD_STATION__WORKERS"]
    assert rows["archive.read_back"] == ["true", "default"]


def test_check_lists_every_mistake_then_fails(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[station]\nworkers = 0\n[logging]\nlevel = "loud"\n')
    done = run("--config", str(file), "config", "check")
    assert done.returncode == 83
    first, second = done.stdout.splitlines()
    assert first == f"station.workers ({file}:2) cannot be 0; allowed: an integer from 1 to 512"
    assert second.startswith("logging.level")
    assert "For the evidence: The program did not start" in done.stderr
    assert "What to do: Correct the setting" in done.stderr


def test_check_says_that_a_file_is_valid(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[station]\nworkers = 3\n")
    done = run("config", "check", "--json", env={"EVD_CONFIG": str(file)})
    assert records(done.stdout) == [{"type": "summary", "ok": True, "file": str(file)}]


def test_an_error_is_told_in_three_steps_and_with_its_code(tmp_path: Path) -> None:
    missing = str(tmp_path / "a\x1b[31m.toml")
    done = run("--config", missing, "config", "show", "--lang", "zh")
    assert done.returncode == 81
    assert done.stdout == ""
    what, meaning, action = done.stderr.splitlines()
    assert what.startswith("错误 CONFIG_NOT_FOUND: ")
    assert "a\\x1b[31m.toml" in what
    assert meaning == "对证据的影响：程序未启动；没有任何改变。"
    assert action == "下一步：检查 --config 或 EVD_CONFIG，或用 evd init 新建。"


def test_with_json_an_error_is_the_last_line(tmp_path: Path) -> None:
    done = run("config", "show", "--json", "--config", str(tmp_path / "missing.toml"))
    assert done.stderr == ""
    [error] = records(done.stdout)
    assert (error["type"], error["code"], error["exit_code"]) == ("error", "CONFIG_NOT_FOUND", 81)
    assert error["meaning"]["zh"] == "程序未启动；没有任何改变。"
    assert done.returncode == 81


@pytest.mark.parametrize(
    "words",
    [["frobnicate"], ["config"], ["config", "show", "x"], ["--lang", "tlh"], ["config", "--x"]],
    ids=["unknown", "incomplete", "too_much", "wrong_choice", "unknown_option"],
)
def test_wrong_usage_exits_with_2(words: list[str]) -> None:
    done = run(*words)
    assert done.returncode == 2
    assert done.stderr.startswith("Error USAGE: ")
    [error] = records(run(*words, "--json").stdout)
    assert error["code"] == "USAGE"


def test_a_reader_that_leaves_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as closed:
        done = subprocess.run(
            [EVD, "config", "show"],
            stdout=closed,
            stderr=subprocess.PIPE,
            env=environment(),
            check=False,
        )
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_terminal_gets_a_table() -> None:
    leader, follower = pty.openpty()
    with subprocess.Popen([EVD, "config", "show"], stdout=follower, env=environment()) as process:
        os.close(follower)
        shown = b""
        while chunk := _read(leader):
            shown += chunk
        assert process.wait() == 0
    os.close(leader)
    assert "─" in shown.decode()
    assert b"station.workers" in shown


def _read(leader: int) -> bytes:
    try:
        return os.read(leader, 4096)
    except OSError:  # how a pseudo-terminal says that its other end is closed
        return b""


def test_names_beyond_the_terminals_encoding_do_not_stop_a_command(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[station]\ndrop_folders = ["/证据"]\n', "utf-8")
    done = run("--config", str(file), "config", "show", env={"PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0
    assert "\\u8bc1" in done.stdout
