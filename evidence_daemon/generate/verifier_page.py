"""``verify.html``: the browser's verifier, one file assembled from its readable sources.

The sources lie in ``archive/export/verifiers/src/``. Nothing is minified or translated: their
text stands in the page as it is. The page's policy names the script and the style by their
SHA-256, so that no other runs in it; the worker is made from a block of text in the page.
"""

import base64
import hashlib
from importlib.resources import files
from importlib.resources.abc import Traversable

_SCRIPT = ("words.js", "page.js")
_WORKER = (
    "digests.js",
    "encoding.js",
    "ed25519.js",
    "notes.js",
    "tree.js",
    "report.js",
    "apart.js",
    "files.js",
    "keyring.js",
    "entries.js",
    "tiles.js",
    "log.js",
    "tokens.js",
    "objects.js",
    "bag.js",
    "package.js",
    "archive.js",
    "audit.js",
    "main.js",
)
"""In this order: a constant is made from what stands above it."""

_POLICY = (
    "default-src 'none'; script-src '{script}'; style-src '{style}'; worker-src blob:; "
    "child-src blob:; base-uri 'none'; form-action 'none'"
)


def page() -> str:
    """The whole page."""
    sources = files("archive") / "export" / "verifiers" / "src"
    style = _joined(sources, ("style.css",))
    script = _strict(_joined(sources, _SCRIPT))
    parts = {
        "policy": _POLICY.format(script=_hash_source(script), style=_hash_source(style)),
        "style": style,
        "worker": worker(),
        "script": script,
    }
    made = _read(sources, "page.html")
    for name, text in parts.items():
        made = made.replace("{{" + name + "}}", text)
    return made


def worker() -> str:
    """What runs in the worker: every calculation and every verdict."""
    return _strict(_joined(files("archive") / "export" / "verifiers" / "src" / "worker", _WORKER))


def _strict(script: str) -> str:
    return f'\n"use strict";\n{script}'


def _joined(folder: Traversable, names: tuple[str, ...]) -> str:
    return "".join(f"\n{_read(folder, name)}" for name in names)


def _read(folder: Traversable, name: str) -> str:
    return (folder / name).read_text("utf-8")


def _hash_source(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
