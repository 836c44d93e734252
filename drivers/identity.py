"""Which recorder this is: a scored decision over everything observed. Pure.

No single observation can be trusted: USB serials are absent, constant or shared, numbers are
left at the maker's default, cards are moved between recorders. So every observation carries a
weight, and the heaviest that weighs at least :data:`DECIDES` names the recorder:

- what the operator says always decides;
- a device number decides when most file names that carry one carry this one;
- a maker's default weighs nothing, whoever reports it;
- when nothing decides, the name is derived from what the driver saw of the recorder, and is
  the same the next time the same is seen.

Not decided here: whether two recorders claim one identity, and whether a recorder is known
under another name. Both need more than one docking.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from drivers.recorder import IdentityEvidence, ParsedName

DECIDES = 40
"""The least weight that names a recorder."""

_WEIGHT_OPTION = 100
_WEIGHT_DEVICE_TOKEN = 80
_MOST_TOKENS = 8
"""So many device numbers of one card are told; a hostile card may carry thousands."""

_DEFAULTS = frozenset({"1234567", "0123456789ABCDEF", "058F63666485"})
_LEAST_REPEATED = 4
_PREFIXES = {"option": "", "device_token": "", "usb_serial": "usb-", "volume_serial": "volume-"}


class Basis(StrEnum):
    """What an identification rests on, as the log records it."""

    OPTION = "option"
    EVIDENCE = "evidence"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Identification:
    """Which recorder this is, and why.

    Attributes:
        recorder: The recorder's name in the archive.
        basis: What it rests on.
        evidence: Every observation with the weight it was given, the heaviest first.
        unprovisioned: Whether the recorder still carries its maker's default number, or shows
            nothing but defaults.
        officer_no: The officer most names carry: a cross-check of the ledger, never an answer.
    """

    recorder: str
    basis: Basis
    evidence: tuple[IdentityEvidence, ...]
    unprovisioned: bool
    officer_no: str | None


def identify(
    evidence: Sequence[IdentityEvidence],
    parsed_names: Iterable[ParsedName | None],
    option: str | None = None,
) -> Identification:
    """Decide which recorder this is.

    Args:
        evidence: What the driver observed.
        parsed_names: What the names of its files say; None for names of no grammar.
        option: What the operator says.
    """
    known = [parsed for parsed in parsed_names if parsed is not None]
    tokens = _device_tokens(known)
    observed = [*evidence, *tokens]
    scored = [_scored(item) for item in observed]
    if option:
        scored.append(IdentityEvidence("option", option, _WEIGHT_OPTION))
    scored.sort(key=lambda item: (-item.weight, item.kind, item.value))
    recorder, basis = _decision(scored, evidence)
    return Identification(
        recorder,
        basis,
        tuple(scored),
        _unprovisioned(tokens, observed, basis),
        _majority([parsed.officer_no for parsed in known if parsed.officer_no]),
    )


def is_default(value: str) -> bool:
    """Whether a number is one that makers leave in every unit."""
    plain = value.strip().upper().replace("-", "")
    repeated = len(plain) >= _LEAST_REPEATED and len(set(plain)) == 1
    return not plain or repeated or plain in _DEFAULTS


def _decision(
    scored: Sequence[IdentityEvidence], evidence: Sequence[IdentityEvidence]
) -> tuple[str, Basis]:
    """The recorder's name and what it rests on, from evidence with the heaviest first."""
    if scored and scored[0].weight >= DECIDES:
        best = scored[0]
        basis = Basis.OPTION if best.kind == "option" else Basis.EVIDENCE
        return _PREFIXES.get(best.kind, f"{best.kind}-") + best.value, basis
    seen = "\0".join(sorted(f"{item.kind}\0{item.value}" for item in evidence))
    return f"unknown-{hashlib.sha256(seen.encode()).hexdigest()[:8]}", Basis.FALLBACK


def _scored(item: IdentityEvidence) -> IdentityEvidence:
    return replace(item, weight=0) if is_default(item.value) else item


def _device_tokens(known: Iterable[ParsedName]) -> list[IdentityEvidence]:
    """The device numbers in file names, the most frequent first; only a majority can decide."""
    votes = Counter(parsed.device for parsed in known if parsed.device)
    total = votes.total()
    ranked = sorted(votes.items(), key=lambda vote: (-vote[1], vote[0]))
    return [
        IdentityEvidence("device_token", device, _token_weight(count, total))
        for device, count in ranked[:_MOST_TOKENS]
    ]


def _token_weight(count: int, total: int) -> int:
    """The weight of a device number that ``count`` of ``total`` names carry."""
    weight = _WEIGHT_DEVICE_TOKEN * count // total
    return weight if 2 * count > total else min(weight, DECIDES - 1)


def _unprovisioned(
    tokens: Sequence[IdentityEvidence], observed: Sequence[IdentityEvidence], basis: Basis
) -> bool:
    token = bool(tokens) and tokens[0].weight >= DECIDES and is_default(tokens[0].value)
    only_defaults = basis is Basis.FALLBACK and any(is_default(item.value) for item in observed)
    return token or only_defaults


def _majority(values: Sequence[str]) -> str | None:
    """The value that more than half of all are."""
    if not values:
        return None
    value, count = Counter(values).most_common(1)[0]
    return value if 2 * count > len(values) else None
