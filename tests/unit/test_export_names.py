import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.export.names import MAX_NAME_BYTES, safe_name


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("DCIM/100/MOVI0001.avi", "MOVI0001.avi"),
        ("出警/现场 一.mp4", "现场 一.mp4"),
        ("e\u0301.avi", "\u00e9.avi"),
        ("a\u202egpj.exe", "a_gpj.exe"),
        ("a\nb\x1b[2J.avi", "a_b_[2J.avi"),
        ('a<b>:"c|d?e*f\\g%h.avi', "a_b___c_d_e_f_g_h.avi"),
        ("NUL.avi", "_NUL.avi"),
        ("con", "_con"),
        ("com1.tar.gz", "_com1.tar.gz"),
        ("console.avi", "console.avi"),
        ("name. .", "name"),
        (".hidden", ".hidden"),
        ("..", "recording"),
        (".", "recording"),
        ("", "recording"),
        ("folder/", "recording"),
        ("\u200b\u200b", "recording"),
        ("x" * 300 + ".avi", "x" * 115 + ".avi"),
        ("x" * 300, "x" * 119),
        ("像" * 100 + ".mp4", "像" * 38 + ".mp4"),
        ("a." + "x" * 300, ("a." + "x" * 300)[:119]),
    ],
)
def test_names(path: str, name: str) -> None:
    assert safe_name(path) == name


@given(st.text())
def test_any_path_gives_a_name_that_any_file_system_takes(path: str) -> None:
    name = safe_name(path)
    assert 0 < len(name.encode()) <= MAX_NAME_BYTES
    assert not set(name) & set('<>:"/\\|?*%')
    assert not any(unicodedata.category(each) in {"Cc", "Cf", "Cs", "Co"} for each in name)
    assert name not in {".", ".."}
    assert name == name.strip(" ")
    assert not name.endswith(".")
    assert unicodedata.normalize("NFC", name) == name
    assert safe_name(name) == name
