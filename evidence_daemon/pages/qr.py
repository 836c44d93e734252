"""QR codes (ISO/IEC 18004) as SVG, to stand inside a page."""

import io

import segno
from markupsafe import Markup


def qr_svg(text: str) -> Markup:
    """A QR code of a text in UTF-8, as an ``svg`` element that scales with its box.

    Error correction is at least level M: about 15 % of the code may be smudged.

    Args:
        text: At most about 2,300 bytes.
    """
    made, drawn = segno.make(text, error="m", micro=False), io.BytesIO()
    made.save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, title="QR")
    return Markup(drawn.getvalue().decode("utf-8"))  # noqa: S704 - drawn by the library
