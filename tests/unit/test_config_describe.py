import tomllib

from evidence_daemon.config.describe import sections
from evidence_daemon.config.example import render
from evidence_daemon.config.schema import Config

_UNTOUCHED = {section.name for section in sections() if not section.repeated} - {
    "archive",
    "station",
}


def test_every_setting_is_described_in_both_languages() -> None:
    for section in sections():
        for setting in section.settings:
            for words in (section.words, setting.words, setting.allowed):
                assert words.en.isascii()
                assert words.zh


def test_the_example_sets_nothing() -> None:
    assert Config(**tomllib.loads(render())) == Config()


def test_uncommenting_the_example_sets_every_default() -> None:
    tables = {section.name for section in sections() if not section.repeated}
    lines = []
    in_force = True
    for line in render().splitlines():
        if line.startswith(("[", "# [[")):  # a commented list of tables has no header in force
            in_force = line.startswith("[")
        name, _, value = line.removeprefix("# ").partition(" = ")
        is_setting = in_force and name.isidentifier() and value and not line.startswith("[")
        lines.append(line.removeprefix("# ") if is_setting else line)
    data = tomllib.loads("\n".join(lines))
    assert Config(**data) == Config()
    assert set(data) == tables


def test_given_values_are_active() -> None:
    text = render({("archive", "directory"): "archive", ("station", "drop_folders"): ["in"]})
    assert tomllib.loads(text) == {
        "archive": {"directory": "archive"},
        "station": {"drop_folders": ["in"]},
        **{section.name: {} for section in sections() if section.name in _UNTOUCHED},
    }
