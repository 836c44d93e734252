"""The log a recorder keeps of itself: one text file a day, the only record of why a gap is there.

Lines look like ``2016-12-27 14:36:56 -> 开机(RS:14807MB TS:14820MB)`` and end in CRLF. RS is
the space left, TS the space there is. The text is GBK.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta

from drivers.simulator.plan import CardPlan

_TOTAL_MB = 14_820
_MB_PER_SEGMENT = 40


def device_logs(plan: CardPlan) -> Iterator[tuple[datetime, bytes]]:
    """The day and the text of every log on a card, the plan's own day last."""
    for days_ago in range(plan.log_days - 1, 0, -1):
        day = plan.start - timedelta(days=days_ago)
        yield day, _text([(day, "开机", 0), (day + timedelta(hours=8), "关机", 0)])
    if plan.log_days:
        yield plan.start, _text(list(_events(plan)))


def _events(plan: CardPlan) -> Iterator[tuple[datetime, str, int]]:
    """What happened on the plan's day: when, what, after how many recordings."""
    second = timedelta(seconds=1)
    yield plan.start - second, "开机", 0
    for done, counter in enumerate(plan.counters):
        begins, ends = plan.begins(counter), plan.begins(counter + 1) - second
        yield begins, "开始录像", done
        yield ends, "电量低" if counter in plan.holes else "停止录像", done + 1
    yield plan.begins(plan.counters.stop), "关机", plan.recordings


def _text(events: list[tuple[datetime, str, int]]) -> bytes:
    lines = [
        f"{when:%Y-%m-%d %H:%M:%S} -> {what}"
        f"(RS:{max(0, _TOTAL_MB - 13 - done * _MB_PER_SEGMENT)}MB TS:{_TOTAL_MB}MB)\r\n"
        for when, what, done in events
    ]
    return "".join(lines).encode("gbk")
