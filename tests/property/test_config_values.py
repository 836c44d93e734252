import tomllib

from hypothesis import given
from hypothesis import strategies as st

from evidence_daemon.config.describe import toml_value
from evidence_daemon.config.shape import leaves, spell
from evidence_daemon.config.sources import key_lines

_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | _TEXT


@given(_SCALARS | st.lists(_SCALARS))
def test_a_value_written_as_toml_reads_back(value: object) -> None:
    assert tomllib.loads(f"x = {toml_value(value)}") == {"x": value}


@given(st.text())
def test_looking_for_lines_never_fails(text: str) -> None:
    lines = key_lines(text)
    assert all(1 <= number <= text.count("\n") + 1 for number in lines.values())


@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), _SCALARS)))
def test_lines_of_plain_files_are_exact(data: dict[str, dict[str, object]]) -> None:
    text = ""
    expected = {}
    for section, settings in data.items():
        text += f"[{section}]\n"
        expected[section] = text.count("\n")
        for name, value in settings.items():
            text += f"{name} = {toml_value(value)}\n"
            expected[f"{section}.{name}"] = text.count("\n")
    assert {spell(key): line for key, line in key_lines(text).items()} == expected


@given(st.dictionaries(st.sampled_from("abc"), st.dictionaries(st.sampled_from("xyz"), _SCALARS)))
def test_leaves_are_every_single_value(data: dict[str, dict[str, object]]) -> None:
    rebuilt: dict[str, dict[str, object]] = {}
    for key, value in leaves(data):
        if len(key) == 1:
            rebuilt[str(key[0])] = {}
        elif key:
            rebuilt.setdefault(str(key[0]), {})[str(key[1])] = value
    assert rebuilt == data
