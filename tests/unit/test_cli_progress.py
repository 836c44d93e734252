import io

import pytest

from evidence_daemon.cli.progress import Bars, Lines, Unit, make_progress


class _Clock:
    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_lines_come_every_few_seconds_and_once_at_the_end() -> None:
    clock, stream = _Clock(), io.StringIO()
    with Lines(stream, clock) as lines:
        for second in range(12):
            clock.now_s = float(second)
            lines.update("card-2", 100, 100)
            lines.update("card-1", 5 * second, 100, "copying")
    assert stream.getvalue().splitlines() == [
        "1 of 2 done, card-1 20% copying",
        "1 of 2 done, card-1 45% copying",
        "1 of 2 done, card-1 55% copying",
    ]


def test_many_jobs_are_not_all_named() -> None:
    clock, stream = _Clock(), io.StringIO()
    with Lines(stream, clock) as lines:
        for card in range(99):
            lines.update(f"card-{card}", 0, 10)
    [line] = stream.getvalue().splitlines()
    assert line == "0 of 99 done, card-0 0%, card-1 0%, card-2 0%, card-3 0%, …"


def test_a_job_of_nothing_is_done() -> None:
    stream = io.StringIO()
    with Lines(stream) as lines:
        lines.update("empty", 0, 0)
    assert stream.getvalue() == "1 of 1 done\n"


def test_without_work_there_is_no_line() -> None:
    stream = io.StringIO()
    with Lines(stream):
        pass
    assert stream.getvalue() == ""


def test_a_hostile_name_cannot_break_the_line() -> None:
    stream = io.StringIO()
    with Lines(stream) as lines:
        lines.update("a\n\x1b[2J", 1, 2, "b\rc")
    assert stream.getvalue() == "0 of 1 done, a\\x0a\\x1b[2J 50% b\\x0dc\n"


@pytest.mark.parametrize("unit", Unit)
def test_a_terminal_gets_bars(unit: Unit, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    with make_progress(stream, unit) as progress:
        assert isinstance(progress, Bars)
        progress.update("card [red]7", 512, 1024, "copying")
    assert "card [red]7" in stream.getvalue()
