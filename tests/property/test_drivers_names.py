"""Whatever a card calls its files, reading the name gives an answer the log can hold."""

from datetime import datetime

from hypothesis import example, given
from hypothesis import strategies as st

from drivers import names
from drivers.errors import GrammarError
from drivers.pattern import compile_pattern
from drivers.simulator.hostile import HOSTILE_NAMES

GRAMMARS = names.load()
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - wall clock
MEDIA = {"video", "audio", "image", "log", "other"}

parts = st.binary(min_size=1, max_size=255).filter(lambda part: not set(part) & set(b"/\0"))
alike = st.from_regex(
    rb"(SEGTEMP/|DCIM/)?[0-9A-Z]{1,12}_[0-9]{1,20}_[0-9]{14}_[0-9]{4}(IMP)?\.(mp4|MP4|txt)",
    fullmatch=True,
)


@given(st.lists(parts, min_size=1, max_size=6).map(b"/".join) | alike)
def test_any_path_is_read_without_an_error(path: bytes) -> None:
    parsed = GRAMMARS.parse(path)
    assert GRAMMARS.media_of(path) in MEDIA
    if parsed is not None:
        body = parsed.as_body()
        assert body["media"] in MEDIA
        assert parsed.counter is None or 0 <= parsed.counter < 2**53
        if parsed.local_time is not None:
            written = datetime.fromisoformat(parsed.local_time)
            assert written.isoformat() == parsed.local_time


@given(
    moment=st.datetimes(EPOCH, EPOCH.replace(year=2099)),
    counter=st.integers(0, 999_999),
    important=st.booleans(),
)
def test_what_a_firmware_writes_is_read_back(
    moment: datetime, counter: int, important: bool
) -> None:
    mark = "IMP" if important else ""
    path = f"DCIM/100ANDRO/100001_4560001_{moment:%Y%m%d%H%M%S}_{counter:04d}{mark}.mp4"
    parsed = GRAMMARS.parse(path.encode())
    assert parsed is not None
    assert parsed.local_time == moment.replace(microsecond=0).isoformat()
    assert (parsed.counter, parsed.important) == (counter, important)


@given(st.text(alphabet="ab|()?{}1,2[]^-\\dwP<device>:.录*+$=!", max_size=40))
@example("(?P<device>a{1,2})?")
@example("((((((((((")
@example("[a&&b]")
def test_any_pattern_is_compiled_or_refused(pattern: str) -> None:
    try:
        compiled = compile_pattern(pattern)
    except GrammarError:
        return
    for name in HOSTILE_NAMES.values():
        compiled.fullmatch(name)


@given(st.binary(max_size=200))
def test_any_file_of_grammars_is_read_or_refused(data: bytes) -> None:
    try:
        names.read(data)
    except GrammarError:
        return
    raise AssertionError("random bytes are no file of grammars")
