"""File names by grammar, and the file the grammars come from."""

import hashlib
from pathlib import Path

import pytest

from drivers import names
from drivers.errors import GrammarError
from drivers.recorder import ParsedName

GRAMMARS = names.load()
MINIMAL = """\
version = 1
[media]
video = ["mp4"]
[[grammar]]
name = "simple"
stem = '(?P<device>[a-z]{1,3})(?P<counter>\\d{1,20})'
examples = ["ab12.mp4"]
"""


def parsed(path: str) -> ParsedName:
    result = GRAMMARS.parse(path.encode())
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "DCIM/100ANDRO/123456_456_20100101093552_0003IMP.mp4",
            ParsedName("zfy", "video", "456", "123456", "2010-01-01T09:35:52", 3, important=True),
        ),
        (
            "SEGTEMP/123456_456_20100101093552_0003.MP4",
            ParsedName("zfy", "video", "456", "123456", "2010-01-01T09:35:52", 3, prerecord=True),
        ),
        (
            "dcim/101andro/100001_4560001_20240229235959_9999.mp4",
            ParsedName(
                "zfy", "video", "4560001", "100001", "2024-02-29T23:59:59", 9999, important=True
            ),
        ),
        (
            "4560001/100001/20240301/20240301083001_0001IMP.jpg",
            ParsedName(
                "dated_folders",
                "image",
                "4560001",
                "100001",
                "2024-03-01T08:30:01",
                1,
                important=True,
            ),
        ),
        (
            "DCIM/100ANDRO/20240301/20240301083001_0001.wav",
            ParsedName("dated", "audio", local_time="2024-03-01T08:30:01", counter=1),
        ),
        (
            "DCIM/DCAM_058F63666485_100001_20240301_083001_IMP.m4a",
            ParsedName(
                "dcam",
                "audio",
                "058F63666485",
                "100001",
                "2024-03-01T08:30:01",
                important=True,
            ),
        ),
        (
            "FILE/100china/20240301_083001_0001.mp4",
            ParsedName("boblov", "video", local_time="2024-03-01T08:30:01", counter=1),
        ),
        ("LOG/20161227.txt", ParsedName("boblov_log", "log")),
        ("DCIM/100MEDIA/MOVI0001.avi", ParsedName("counter", "video", counter=1)),
    ],
)
def test_names_of_known_firmwares(path: str, expected: ParsedName) -> None:
    assert parsed(path) == expected


@pytest.mark.parametrize(
    "path",
    [
        "holiday.mp4",
        "",
        "DCIM/",
        ".mp4",
        "LOG/20161227.mp4",
        "20161227.txt",
        "DCIM/100ANDRO/123456_456_20100101093552_0003IMPORTANT.mp4",
        "123456_456_20100101093552_0003\n.mp4",
        "１２３４５６_456_20100101093552_0003.mp4",
        "1" * 256 + "_456_20100101093552_0003.mp4",
    ],
)
def test_what_no_grammar_matches_is_not_parsed(path: str) -> None:
    assert GRAMMARS.parse(path.encode()) is None


@pytest.mark.parametrize(
    "digits", ["20230229000000", "20241301000000", "20240101240000", "20240101006100", "0" * 14]
)
def test_a_date_no_calendar_has_gives_no_time_and_the_rest_counts(digits: str) -> None:
    result = parsed(f"100001_4560001_{digits}_0007.mp4")
    assert (result.local_time, result.device, result.counter) == (None, "4560001", 7)


@pytest.mark.parametrize(
    ("name", "media"),
    [
        ("a.MP4", "video"),
        ("a.dav", "video"),
        ("a.amr", "audio"),
        ("a.jpeg", "image"),
        ("a.log", "log"),
        ("a.xyz", "other"),
        ("mp4", "other"),
        ("folder.mp4/name", "other"),
        ("", "other"),
    ],
)
def test_the_extension_says_the_media(name: str, media: str) -> None:
    assert GRAMMARS.media_of(name.encode()) == media


def test_folders_above_are_bounded_too() -> None:
    deep = "4560001/100001/" + "2" * 300 + "/20240301083001_0001.mp4"
    assert parsed(deep).grammar == "dated"


def test_the_files_digest_is_known() -> None:
    data = Path(names.DEFAULT_PATH).read_bytes()
    assert GRAMMARS.sha256 == hashlib.sha256(data).hexdigest()


def test_a_bureaus_own_file_replaces_the_default(tmp_path: Path) -> None:
    path = tmp_path / "names.toml"
    path.write_text(MINIMAL)
    own = names.load(str(path))
    assert own.parse(b"xy7.mp4") == ParsedName("simple", "video", "xy", counter=7)
    assert own.parse(b"xy12345678901234567.mp4") == ParsedName("simple", "video", "xy")
    assert own.sha256 == hashlib.sha256(MINIMAL.encode()).hexdigest()


def test_chinese_words_may_stand_in_a_grammar() -> None:
    text = MINIMAL.replace("[a-z]{1,3}", "执法|录像").replace("ab12", "执法12")
    result = names.read(text.encode()).parse("录像3.mp4".encode())
    assert result == ParsedName("simple", "video", "录像", counter=3)


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        ("version = 1", "version = 2", "version"),
        ("version = 1", "version = 1\ncolour = 3", "colour"),
        ("version = 1", "version = ", "not TOML"),
        ("[media]", "[medium]", "media"),
        ('video = ["mp4"]', 'video = ["mp4"]\nlog = ["MP4"]', "'MP4' is both video and log"),
        ('name = "simple"', "", "grammar.0.name"),
        ('name = "simple"', 'name = "Not Simple"', "grammar 'Not Simple' name"),
        ("examples", "example", "grammar 'simple'"),
        ('["ab12.mp4"]', '["abcd.mp4"]', "grammar 'simple': 'abcd.mp4' is matched by none"),
        ("<device>", "<devise>", "grammar 'simple' stem: there is no field 'devise'"),
        ("{1,3}", "+", "grammar 'simple' stem: only '?' or one '{m,n}'"),
        ("stem =", "folders = ['a*']\nstem =", "grammar 'simple' folders.0"),
        ("stem =", "media = ['film']\nstem =", "grammar 'simple' media.0"),
    ],
)
def test_a_wrong_file_is_refused_by_name(change: str, to: str, said: str) -> None:
    assert change in MINIMAL
    with pytest.raises(GrammarError) as caught:
        names.read(MINIMAL.replace(change, to, 1).encode())
    assert said in caught.value.detail
    assert caught.value.exit_code == 84


def test_a_grammar_behind_a_greedier_one_is_noticed() -> None:
    table = MINIMAL[MINIMAL.index("[[grammar]]") :]
    with pytest.raises(GrammarError, match="twice"):
        names.read((MINIMAL + table).encode())
    behind = table.replace('"simple"', '"behind"')
    with pytest.raises(GrammarError, match="matched by grammar 'simple', not by it"):
        names.read((MINIMAL + behind).encode())


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(GrammarError, match="not TOML"):
        names.read(b"\xff\xfe")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(GrammarError, match=r"absent\.toml: No such file"):
        names.load(str(tmp_path / "absent.toml"))
    (tmp_path / "wrong.toml").write_text("version = 3")
    with pytest.raises(GrammarError, match=r"wrong\.toml: "):
        names.load(str(tmp_path / "wrong.toml"))
