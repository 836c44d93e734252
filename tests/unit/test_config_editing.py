import tomllib

from evidence_daemon.config.editing import with_values
from evidence_daemon.config.example import render
from evidence_daemon.config.shape import Key

VALUES: dict[Key, object] = {
    ("archive", "directory"): "/new/archive",
    ("archive", "keys_directory"): "/new/keys",
    ("station", "socket"): "/new/api.sock",
}
WANTED = {
    "archive": {"directory": "/new/archive", "keys_directory": "/new/keys"},
    "station": {"socket": "/new/api.sock"},
}


def test_a_value_is_changed_where_it_stands() -> None:
    text = '# kept\n[archive]\ndirectory = "/old"  # gone\nsm3 = false\n[station]\nworkers = 3\n'
    made = with_values(text, VALUES)
    assert made.startswith("# kept\n[archive]\n")
    loaded = tomllib.loads(made)
    assert loaded["archive"] == {**WANTED["archive"], "sm3": False}
    assert loaded["station"] == {**WANTED["station"], "workers": 3}


def test_a_table_that_is_not_there_is_added_once() -> None:
    assert tomllib.loads(with_values("", VALUES)) == WANTED
    stores = '[[stores]]\nname = "nas"\npath = "/mnt/nas"\n'
    loaded = tomllib.loads(with_values(stores, VALUES))
    assert loaded == {**WANTED, "stores": [{"name": "nas", "path": "/mnt/nas"}]}


def test_the_programs_own_file() -> None:
    old: dict[Key, object] = {key: "/old" + str(value)[4:] for key, value in VALUES.items()}
    text = render(old)
    made = with_values(text, VALUES)
    assert tomllib.loads(made) | WANTED == tomllib.loads(made)
    differing = [
        (a, b) for a, b in zip(text.splitlines(), made.splitlines(), strict=True) if a != b
    ]
    assert len(differing) == len(VALUES)
