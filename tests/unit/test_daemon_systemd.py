"""The units as systemd's own tools read them, or at least as files of the right shape."""

import configparser
import re
import shutil
import subprocess
from pathlib import Path

import pytest

_UNITS = Path(__file__).parents[2] / "systemd"
_STATION = _UNITS / "evidence-station.service"


def _needs(tool: str) -> str:
    path = shutil.which(tool)
    if path is None:
        pytest.skip(f"{tool} is not installed")
    return path


def test_systemd_accepts_the_station_unit(tmp_path: Path) -> None:
    analyze = _needs("systemd-analyze")
    unit = tmp_path / _STATION.name
    # the only thing that cannot be there is the installed program
    unit.write_text(
        re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", _STATION.read_text(), flags=re.M)
    )
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_station_is_unprivileged_and_watched() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(_STATION.read_text())
    service = unit["Service"]
    assert (service["Type"], service["User"]) == ("notify", "evidence")
    assert service["CapabilityBoundingSet"] == ""
    assert service["NoNewPrivileges"] == "yes"
    assert service["DeviceAllow"].startswith("char-usb")
    assert int(service["WatchdogSec"]) > 0
    assert service["LoadCredential"].startswith("log.key:")


def test_the_user_is_made_without_a_shell(tmp_path: Path) -> None:
    sysusers = _needs("systemd-sysusers")
    (tmp_path / "etc").mkdir()
    lines = (_UNITS / "sysusers.d" / "evidence-daemon.conf").read_text()
    command = [sysusers, f"--root={tmp_path}", "-"]
    done = subprocess.run(command, input=lines, capture_output=True, text=True, check=False)
    if "Permission denied" in done.stderr:
        pytest.skip("making users needs root, even in a folder")
    assert done.returncode == 0, done.stderr
    user = (tmp_path / "etc" / "passwd").read_text()
    assert user.startswith("evidence:")
    assert user.endswith(":/usr/sbin/nologin\n")


def test_every_tmpfiles_line_keeps_keys_from_others() -> None:
    text = (_UNITS / "tmpfiles.d" / "evidence-daemon.conf").read_text()
    lines = [line.split() for line in text.splitlines() if line and line[0] != "#"]
    modes = {path: (kind, mode, user) for kind, path, mode, user, *_ in lines}
    assert modes["/etc/evidence-daemon/keys"] == ("d", "0700", "root")


def test_the_rules_touch_docks_only_and_every_jump_has_its_label() -> None:
    text = (_UNITS / "udev" / "70-evidence-recorder.rules").read_text()
    rules = [line for line in text.splitlines() if line and line[0] != "#"]
    term = r'[A-Z]+(\{[A-Za-z_]+\})?(==|!=|=|\+=)"[^"]*"'
    assert all(re.fullmatch(f"{term}(, {term})*", rule) for rule in rules)
    jumps = set(re.findall(r'GOTO="(\w+)"', text))
    assert jumps == set(re.findall(r'LABEL="(\w+)"', text))
    gate = next(i for i, rule in enumerate(rules) if 'ENV{EVIDENCE_DOCK}!="1", GOTO' in rule)
    actions = [i for i, rule in enumerate(rules) if "RUN" in rule or "UDISKS" in rule]
    assert gate < min(actions)
