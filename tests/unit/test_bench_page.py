"""The page of figures is what the benches' reports make, and nothing else."""

from pathlib import Path

from bench.harness import Report, Row
from bench.page import Meanwhile, compose, machine, take_apart
from bench.suite import NAMES

PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"


def report(name: str, figure: str) -> str:
    rows = [Row("speed", figure, "1-3", ">= 1", met=True), Row("size", "4 MiB")]
    return Report(f"Of {name}", f"python -m bench {name}", rows, "A note.").markdown()


def test_the_page_in_the_repository_is_as_it_is_made() -> None:
    text = PAGE.read_text("utf-8")
    line, sections = take_apart(text)
    assert set(sections) <= set(NAMES)
    assert compose(line, sections, NAMES) == text


def test_every_bench_has_its_section_in_the_repository() -> None:
    assert list(take_apart(PAGE.read_text("utf-8"))[1]) == list(NAMES)


def test_a_section_takes_the_place_of_the_one_before_and_leaves_the_others() -> None:
    names = ("one", "two", "three")
    page = compose(machine(), {name: report(name, "2 s") for name in names}, names)
    line, sections = take_apart(page)
    assert line == machine()
    changed = compose(line, sections | {"two": report("two", "9 s")}, names)
    assert changed == page.replace(report("two", "2 s"), report("two", "9 s"))


def test_sections_stand_in_the_order_of_the_benches() -> None:
    names = ("one", "two")
    page = compose(machine(), {"two": report("two", "2 s"), "one": report("one", "2 s")}, names)
    assert list(take_apart(page)[1]) == ["one", "two"]


def test_what_else_the_machine_did_is_a_share_of_its_processors() -> None:
    told = Meanwhile().told()
    assert told.startswith("Load average ")
    share = int(told.rpartition("took ")[2].partition("%")[0])
    assert 0 <= share <= 100
