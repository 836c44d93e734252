"""The witnesses: how far each has cosigned, and whether this station can be one itself.

No witness is asked: the running station does that, and `evd station status` tells its troubles.
"""

import os
from collections.abc import Iterator

from archive.catalog.catalog import Catalog
from archive.catalog.projection import WITNESS
from archive.catalog.rows import AnchorRow
from archive.errors import StorageError
from archive.keys import WITNESS_KEY, load_witness_key
from archive.layout import Layout
from evidence_daemon.config.schema import Config
from evidence_daemon.config.sections_proof import WitnessesSection
from evidence_daemon.doctor.observation import Observation, fail, ok, warn
from hashing.cosignature import CosignerKey
from hashing.entry import format_time
from hashing.errors import Bilingual, EvidenceError


def examine_witnesses(config: Config) -> Iterator[Observation]:
    """Look at every configured witness, and at the key for witnessing others where it is used."""
    if config.witness.listen is not None:
        yield _own_key(config)
    layout = Layout(config.archive.directory)
    if not (layout.catalog.is_file() and os.access(layout.catalog, os.R_OK)):
        return
    try:
        with Catalog.open(layout.catalog, read_only=True) as catalog:
            for section in config.witnesses:
                name = CosignerKey.parse(section.vkey).name
                yield _reach(section, catalog.latest_anchor(name, WITNESS), catalog.log_size)
    except StorageError:  # of a catalog that cannot be read its own observation tells
        return


def _own_key(config: Config) -> Observation:
    file = config.archive.keys_directory / WITNESS_KEY
    try:
        key = load_witness_key(config.archive.keys_directory).verifier
    except EvidenceError as error:
        words = Bilingual(
            zh=f"无法为别的采集站作见证：{error.detail}",
            en=f"This station cannot witness others: {error.detail}",
        )
        action = Bilingual(
            zh="用 evd log witness init 生成见证密钥，或清空 witness.listen。",
            en="Make the key with evd log witness init, or unset witness.listen.",
        )
        return fail("witness", words, action)
    return ok("witness", zh=f"见证密钥 {file} 可用：{key}", en=f"Witness key {file}: {key}")


def _reach(section: WitnessesSection, latest: AnchorRow | None, size: int) -> Observation:
    """When the witness cosigned last, and how much it has not seen."""
    if latest is None:
        words = Bilingual(
            zh=f"{section.name} 尚未联署；{size} 条在等待。",
            en=f"{section.name} has cosigned nothing yet; {size} entries wait for it.",
        )
        action = Bilingual(
            zh="启动采集站；没有网络时用 evd log witness request。",
            en="Start the station; without a network use evd log witness request.",
        )
        return warn("witnesses", words, action)
    at = format_time(latest.time_us)
    return ok(
        "witnesses",
        zh=f"{section.name} 最近于 {at} 联署前 {latest.size} 条（共 {size} 条）。",
        en=f"{section.name} last cosigned {latest.size} of {size} entries, at {at}.",
    )
