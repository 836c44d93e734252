"""The process is killed while it recovers from having been killed."""

import hashlib
import os
from collections.abc import Callable

import pytest

from tests.archives import Site
from tests.faults.bench import Bench
from tests.faults.calls import AFTER, BEFORE, Fault
from tests.faults.sampling import sampled

SHARES = 2


def last_call(calls: list[str], name: str, part: str) -> int:
    """The number of the last call of a name that is about something."""
    found = [i for i, call in enumerate(calls, 1) if call.startswith(f"{name} ") and part in call]
    return found[-1]


def intent_alone(calls: list[str]) -> Fault:
    """An intent is durable, and nothing more."""
    return Fault(last_call(calls, "link", "objects/"), BEFORE)


def object_without_entry(calls: list[str]) -> Fault:
    """The object has its name, the log does not speak of it."""
    return Fault(last_call(calls, "link", "objects/"), AFTER)


def entry_without_catalog(calls: list[str]) -> Fault:
    """The log has the entries, the catalog has not."""
    after_link = calls[last_call(calls, "link", "objects/") :]
    apply = next(i for i, call in enumerate(after_link) if call.startswith("apply"))
    return Fault(last_call(calls, "link", "objects/") + apply + 1, BEFORE)


def intent_that_is_fulfilled(calls: list[str]) -> Fault:
    """Everything is done but the removal of the intent."""
    return Fault(last_call(calls, "unlink", ".json"), BEFORE)


STATES = (intent_alone, object_without_entry, entry_without_catalog, intent_that_is_fulfilled)


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("how", [BEFORE, AFTER])
@pytest.mark.parametrize("state", STATES, ids=lambda state: state.__name__)
def test_killed_while_recovering(
    bench: Bench, calls: list[str], state: Callable[[list[str]], Fault], how: str, share: int
) -> None:
    dead = bench.copy(bench.pristine)
    assert bench.run(dead, state(calls)) is None
    recovery = bench.reopen(bench.copy(dead))
    assert recovery is not None
    assert (recovery.errors, recovery.foreign) == ([], "")
    for number in sampled(len(recovery.calls), share, SHARES):
        site = bench.copy(dead)
        assert bench.reopen(site, Fault(number, how)) is None, recovery.calls[number - 1]
        bench.assert_recovers(site)


def plant_orphan(site: Site) -> str:
    """Put an object into the store that no entry speaks of; its name."""
    data = os.urandom(3000)
    name = hashlib.sha256(data).hexdigest()
    path = site.root / "objects" / name[:2] / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)
    return name


@pytest.mark.parametrize("share", range(SHARES))
@pytest.mark.parametrize("how", [BEFORE, AFTER])
def test_killed_while_setting_an_orphan_aside(bench: Bench, how: str, share: int) -> None:
    planted = bench.copy(bench.pristine)
    name = plant_orphan(planted)
    recovery = bench.reopen(bench.copy(planted))
    assert recovery is not None
    for number in sampled(len(recovery.calls), share, SHARES):
        site = bench.copy(planted)
        assert bench.reopen(site, Fault(number, how)) is None, recovery.calls[number - 1]
        bench.assert_recovers(site, keep=True)
        kept = [path.name for path in (site.root / "quarantine").iterdir()]
        assert [each.partition(".")[0] for each in kept] == [name]
