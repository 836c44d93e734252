import pytest

from evidence_daemon.cli.language import choose


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "en"),
        ([], {"LANG": "C"}, "en"),
        ([], {"LANG": "de_DE.UTF-8"}, "en"),
        ([], {"LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"LANG": "zh_CN.UTF-8", "LC_ALL": "C"}, "en"),
        ([], {"LANG": "C", "LC_MESSAGES": "zh_CN.UTF-8"}, "zh"),
        ([], {"LC_ALL": "", "LANG": "zh_CN.UTF-8"}, "zh"),
        ([], {"EVD_LANG": "zh", "LANG": "C"}, "zh"),
        ([], {"EVD_LANG": "klingon", "LANG": "zh_CN"}, "zh"),
        (["--lang", "en", "find"], {"EVD_LANG": "zh"}, "en"),
        (["find", "--lang=zh"], {}, "zh"),
        (["--lang", "zh", "find", "--lang", "en"], {}, "en"),
        (["find", "--lang"], {"EVD_LANG": "zh"}, "zh"),
    ],
)
def test_the_nearest_wish_decides(
    arguments: list[str], environment: dict[str, str], language: str
) -> None:
    assert choose(arguments, environment) == language
