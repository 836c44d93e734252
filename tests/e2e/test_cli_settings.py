"""The log says which settings footage was taken in under, whoever takes it in."""

from tests.e2e.conftest import Card
from tests.evd_station import EvdStation


def test_settings_are_logged_when_they_are_others_than_the_log_says(
    new_station: EvdStation, cards: list[Card]
) -> None:
    station, card = new_station, str(cards[2].path)

    def logged() -> list[str]:
        return [entry["sha256"] for entry in station.site.acts("config")]

    station.ask("ingest", card)
    [first] = logged()
    station.ask("ingest", card)
    station.ask("find")
    assert logged() == [first]
    assert station.site.acts("config", "dock")[0]["act"] == "config"
    words = ("--source", "an old disk", "--custodian", "100001")
    station.ask("import", card, *words, EVD_STATION__WORKERS="7")
    [_, second] = logged()
    assert second != first
    station.ask("find", EVD_STATION__WORKERS="8")
    with station.running():
        station.ask("ingest", card)
    assert logged() == [first, second, first]
    station.ask("ingest", card)
    assert logged() == [first, second, first]
