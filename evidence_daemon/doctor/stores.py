"""The further stores: is each there, and the one it should be."""

from collections.abc import Iterator

from archive.errors import StorageError
from archive.layout import Layout
from evidence_daemon.config.schema import Config
from evidence_daemon.config.sections_archive import StoreSection
from evidence_daemon.doctor.observation import Observation, fail, ok, warn
from evidence_daemon.service.further import further_stores, log_keys
from hashing.errors import Bilingual


def examine_stores(config: Config) -> Iterator[Observation]:
    """Ask every further store for its card, each within its deadline."""
    keys = log_keys(Layout(config.archive.directory).log, config.archive.keys_directory)
    with further_stores(config.stores, keys) as stores:
        for section, store in zip(config.stores, stores, strict=True):
            try:
                card = store.card()
            except StorageError as error:
                yield _away(section, error.detail)
            else:
                yield ok(
                    "store",
                    zh=f"附加存储 {section.name} 可用（{card.store}）。",
                    en=f"The further store {section.name} answers ({card.store}).",
                )


def _away(section: StoreSection, detail: str) -> Observation:
    words = Bilingual(
        zh=f"附加存储 {section.name} 不可用：{detail}",
        en=f"The further store {section.name} cannot be used: {detail}",
    )
    action = Bilingual(
        zh=f"检查 {section.path} 是否已挂载；新存储用 evd store register {section.name} 登记。",
        en=f"See that {section.path} is mounted; register a new store with "
        f"evd store register {section.name}.",
    )
    return (fail if section.required else warn)("store", words, action)
