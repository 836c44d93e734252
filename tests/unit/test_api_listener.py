import os
import socket
import stat
from pathlib import Path

import pytest

from evidence_daemon.api.listener import Listener, is_listening
from evidence_daemon.errors import ServiceAlreadyRunning, ServiceError


def test_the_socket_is_for_owner_and_group_only(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    listener = Listener(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    assert is_listening(path)
    listener.close()
    listener.close()
    assert not path.exists()


def test_a_socket_left_behind_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    assert not is_listening(path)
    listener = Listener(path)
    assert is_listening(path)
    listener.close()


def test_a_living_listener_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    first = Listener(path)
    with pytest.raises(ServiceAlreadyRunning):
        Listener(path)
    assert is_listening(path)
    first.close()


def test_a_living_listener_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "api.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(ServiceAlreadyRunning):
            Listener(path)
        assert is_listening(path)


@pytest.mark.parametrize("kind", ["file", "folder", "link"])
def test_what_is_no_socket_is_left_alone(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "api.sock"
    target = tmp_path / "precious"
    target.write_text("evidence")
    if kind == "file":
        path.write_text("evidence")
    elif kind == "folder":
        path.mkdir()
    else:
        path.symlink_to(target)
    with pytest.raises(ServiceError, match="is not a socket"):
        Listener(path)
    assert os.path.lexists(path)
    assert target.read_text() == "evidence"


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    (tmp_path / "api.sock.lock").symlink_to(target)
    with pytest.raises(ServiceError):
        Listener(tmp_path / "api.sock")
    assert not target.exists()


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ServiceError, match="cannot listen"):
        Listener(tmp_path / "missing" / "api.sock")
    assert not is_listening(tmp_path / "missing" / "api.sock")
