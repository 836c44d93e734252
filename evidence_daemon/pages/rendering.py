"""Templates, and how values are spelled in them."""

from datetime import UTC, datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined

from evidence_daemon.cli.printable import printable
from evidence_daemon.cli.spelling import size
from evidence_daemon.pages.qr import qr_svg
from hashing.entry import check_time


def render(template: str, **values: Any) -> bytes:
    """A page in UTF-8.

    Args:
        template: Name of a file in ``templates/``.
        values: What it shows; one that the template wants and is not there is a defect.
    """
    return _environment().get_template(template).render(**values).encode("utf-8")


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("evidence_daemon.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(size=size, plain=_plain, local=_local, qr=qr_svg)
    return environment


def _plain(value: object) -> str:
    """Text from outside: nothing in it hides or reorders what stands around it."""
    return printable("" if value is None else str(value))


def _local(time: str, zone: str) -> str:
    """A time of the log on the wall clock of a zone, with its offset from UTC."""
    at: datetime = check_time(time).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
    return f"{at:%Y-%m-%d %H:%M:%S %z}"
