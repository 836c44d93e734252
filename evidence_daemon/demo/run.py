"""The demo: dock, ingest, find, verify, dock again, tamper, see it caught.

The steps run the program's own commands as processes, as anyone would type them; only the
tamperings are done from here, each on a copy.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from archive.catalog.catalog import Catalog
from archive.catalog.rows import FindQuery
from archive.log.reader import LogFiles
from drivers.simulator.bureau import bureau
from drivers.simulator.card import write_card
from evidence_daemon.cli.language import current
from evidence_daemon.demo.footage import make_clips
from evidence_daemon.demo.tamper import TAMPERINGS, tamper_and_verify
from evidence_daemon.errors import ServiceError, UsageError
from hashing.errors import Bilingual
from hashing.note import VerifierKey

MARKER = ".evd-demo"
"""Lies in every demo folder, so that no other folder is ever cleared."""
FIRST_OFFICER = "100001"
SHORT_ID = 12
BUREAU_SEED = 2
"""A bureau whose first recorders follow different firmwares and have a hole and a damaged tail."""


class DemoFailed(ServiceError):  # noqa: N818 - named for the event
    """A step of the demo did not end as it must."""

    code = "DEMO_FAILED"
    exit_code = 96


@dataclass(frozen=True, slots=True)
class Demo:
    """One run of the demo.

    Attributes:
        folder: Where everything is made; the archive stays there.
        recorders: How many recorders are docked.
        tell: Where words for people go.
    """

    folder: Path
    recorders: int
    tell: Callable[[str], None]

    def run(self) -> None:
        """Run every step.

        Raises:
            UsageError: The folder holds something else than an earlier demo.
            DemoFailed: A step did not end as it must.
            FfmpegFailed: Footage could not be made.
        """
        self._clear()
        cards = self._lay_out()
        self._step(Bilingual(zh="建立采集站", en="Found a station"))
        self._evd("init", str(self.folder), "--organisation", "demo", "--station", "dock-1")
        key = self._key()
        self._step(Bilingual(zh="同时插入所有记录仪", en="Dock all recorders together"))
        self._evd("ingest", *cards)
        self._step(Bilingual(zh="查询", en="Find"))
        self._evd("find", "--officer", FIRST_OFFICER, "--limit", "5")
        self._step(Bilingual(zh="逐字节校验", en="Verify every byte"))
        self._evd("verify", "--deep", "--key", str(key))
        self._step(Bilingual(zh="再次插入其中一台：没有新内容", en="Dock one again: nothing new"))
        self._evd("ingest", cards[0])
        self._step(Bilingual(zh="篡改档案库的副本", en="Tamper with copies of the archive"))
        self._tamper(key)
        self._what_next(key)

    def _clear(self) -> None:
        """Make the folder empty, if it is ours."""
        if self.folder.exists() and any(self.folder.iterdir()):
            if not (self.folder / MARKER).exists():
                raise UsageError(f"{self.folder} is not empty and holds no earlier demo")
            shutil.rmtree(self.folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / MARKER).touch()

    def _lay_out(self) -> list[str]:
        """Footage, and a card for each recorder in the ways of its firmware."""
        self._step(Bilingual(zh="制作影像（H.264/AAC）", en="Make footage (H.264/AAC)"))
        clips = [str(clip) for clip in make_clips(self.folder / "footage")]
        cards: list[str] = []
        for plan in bureau(self.recorders, BUREAU_SEED):
            card = str(self.folder / "cards" / plan.name)
            manifest = write_card(plan, card, clips)
            cards.append(card)
            zh = f"{plan.name}：{manifest.found} 个文件"
            self._say(Bilingual(zh=zh, en=f"{plan.name}: {manifest.found} files"))
        return cards

    def _key(self) -> VerifierKey:
        """The key that ``evd init`` has told to keep elsewhere."""
        first = next(LogFiles(self._archive / "log").entries(0, 1))
        return VerifierKey.parse(str(first.fields["vkey"]))

    @property
    def _config(self) -> str:
        return os.path.relpath(self.folder / "config.toml")

    @property
    def _archive(self) -> Path:
        return self.folder / "archive"

    def _tamper(self, key: VerifierKey) -> None:
        """Every tampering on a copy; each must be caught by its name."""
        for tampering in TAMPERINGS:
            scratch = self.folder / "tampered"
            verdict = tamper_and_verify(self._archive, scratch, tampering, key)
            caught = [f for f in verdict.findings if f.code == tampering.expected]
            if not caught:
                raise DemoFailed(f"{tampering.words.en}: not caught")
            by_entry = [f for f in caught if f.subject.startswith("entry ")]
            first = (by_entry or caught)[0]
            told = f"{first.code} — {first.subject}: {first.detail}"
            words = tampering.words
            self._say(Bilingual(zh=f"{words.zh} → {told}", en=f"{words.en} → {told}"))

    def _what_next(self, key: VerifierKey) -> None:
        self._step(Bilingual(zh="接下来可以试试", en="What to try next"))
        evd = f"{os.path.relpath(Path(sys.executable).with_name('evd'))} --config {self._config}"
        recording = self._a_recording()
        for command in (
            f"{evd} find --officer {FIRST_OFFICER}",
            f"{evd} custody {recording}",
            f"{evd} get {recording} -o copy.mp4 --purpose demo",
            f"{evd} log prove {recording}",
            f"{evd} verify --deep --key {key}",
        ):
            self.tell(f"  {command}")

    def _a_recording(self) -> str:
        """The short id of a recording to try things on."""
        with Catalog.open(self._archive / "catalog.sqlite", read_only=True) as catalog:
            return next(catalog.find(FindQuery(officer=FIRST_OFFICER))).id[:SHORT_ID]

    def _step(self, words: Bilingual) -> None:
        self.tell("")
        self.tell(f"== {words.in_language(current())}")

    def _say(self, words: Bilingual) -> None:
        self.tell(f"  {words.in_language(current())}")

    def _evd(self, verb: str, *arguments: str) -> None:
        """Run a command of the program as a process, its output passed through."""
        options = () if verb == "init" else ("--config", self._config)
        words = (*options, "--lang", current(), verb, *arguments)
        self.tell(f"$ evd {verb} {' '.join(arguments)}")
        code = subprocess.run([sys.executable, "-m", "evidence_daemon", *words], check=False)  # noqa: S603
        if code.returncode:
            raise DemoFailed(f"evd {verb} ended with exit code {code.returncode}")
