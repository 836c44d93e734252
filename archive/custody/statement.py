"""The three times of a recording, who had the recorder, and what is not proven: pure.

* *Recorded* is what the recorder said, with its clock's offset where it was read at the docking.
* *Received* is the station's clock when the entry was written, and that clock's state.
* *Not later than* is what somebody outside says: the first token or witness over a checkpoint
  that covers the entry.

Nothing is merged: three clocks stand side by side, each with its source.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from archive.catalog.rows import AnchorRow, DockingRow, RecordingRow
from hashing.entry import Entry, format_time
from hashing.errors import Bilingual

ANCHOR_KINDS: Final = ("stamp", "witness", "paper")
"""The kinds of anchors that bound when an entry existed."""

NOT_PROVEN: Final = Bilingual(
    zh="未证明：录像在插入采集站之前是否被改动、补录或删除；记录仪时钟是否准确（除非上文给出偏差）；"
    "画面所示是否属实；佩戴者是否即所列人员。采集站时钟所述的接收时间，只有在时间戳、见证或外部保存"
    "的检查点界定之后，才不依赖于对采集站的信任。",
    en="Not proven: whether the footage was altered, staged or deleted before it was docked; "
    "whether the recorder's clock was right (unless its offset is given above); whether what it "
    "shows is true; whether the person named wore it. When it was received is the station's word "
    "until a timestamp, a witness or a checkpoint kept elsewhere bounds it.",
)
"""The one paragraph that goes with every account of custody."""


@dataclass(frozen=True, slots=True)
class Statement:
    """What is said of one recording.

    Attributes:
        row: The recording.
        entry: The entry that made it.
        docking: The docking that brought it.
        bounds: Who vouches from outside that the entry existed, the earliest first.
    """

    row: RecordingRow
    entry: Entry
    docking: DockingRow | None
    bounds: Sequence[AnchorRow]

    def as_json(self) -> dict[str, Any]:
        """The statement for ``--json``, the API and export packages."""
        return {
            "type": "statement",
            "id": self.row.id,
            "recorded": self._recorded(),
            "received": {
                "at": format_time(self.entry.time_us),
                "clock": self.entry.clock,
                "entry": self.entry.seq,
            },
            "not_later_than": [_bound(each) for each in self.bounds],
            "officer": {"id": self.row.officer, "source": self._officer_source()},
            "not_proven": {"zh": NOT_PROVEN.zh, "en": NOT_PROVEN.en},
        }

    def _recorded(self) -> dict[str, Any]:
        docking = self.docking
        return {
            "at": format_time(self.row.recorded_at_us),
            "source": self.row.recorded_at_source,
            "timezone": None if docking is None else docking.timezone,
            "clock_offset_ms": None if docking is None else docking.clock_offset_ms,
            "clock_uncertainty_ms": None if docking is None else docking.clock_uncertainty_ms,
        }

    def _officer_source(self) -> str:
        """Who says whose footage it is: a person at the dock, the file's name, the recorder."""
        if self.row.officer is None:
            return "none"
        by_docking = "none" if self.docking is None else self.docking.officer_source or "none"
        if by_docking == "option":
            return by_docking
        name = self.entry.fields.get("name")
        named = name.get("officer_no") if isinstance(name, Mapping) else None
        return "file_name" if named == self.row.officer else by_docking


def _bound(anchor: AnchorRow) -> dict[str, Any]:
    return {
        "at": format_time(anchor.time_us),
        "kind": anchor.kind,
        "by": anchor.name,
        "size": anchor.size,
        "entry": anchor.seq,
    }
