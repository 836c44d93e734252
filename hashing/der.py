"""DER, as far as timestamps need it (ITU-T X.690): elements read strictly, a few written.

* Lengths are definite and in their shortest form, and an element lies wholly inside the one
  around it; anything else is refused with :class:`MalformedDer`.
* Tags above 30 do not occur in what is read here, and are refused.
* What a value means, and whether a SET is in order, is the caller's question. Nothing here
  recurses into what nobody asks for.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Self

from hashing.errors import IntegrityError

BOOLEAN: Final = 0x01
INTEGER: Final = 0x02
OCTET_STRING: Final = 0x04
NULL: Final = 0x05
OBJECT_IDENTIFIER: Final = 0x06
GENERALIZED_TIME: Final = 0x18
SEQUENCE: Final = 0x30
SET: Final = 0x31

_LONG: Final = 0x80
_HIGH_TAG: Final = 0x1F
_LENGTH_BYTES: Final = 4
_ARC_BITS: Final = 7
_FIRST_ARCS: Final = 40
_MAX_ARCS: Final = 32


class MalformedDer(IntegrityError):  # noqa: N818 - named for the defect
    """Bytes that should be DER are not."""

    code = "MALFORMED_DER"


def tagged(number: int) -> int:
    """The tag byte of a context-specific, constructed element ``[number]``."""
    return 0xA0 | number


@dataclass(frozen=True, slots=True)
class Element:
    """One element of DER, and where it stands.

    Attributes:
        data: Everything it was read from.
        start: Where its tag stands.
        content_start: Where its content begins.
        end: Where it ends.
    """

    data: bytes
    start: int
    content_start: int
    end: int

    @classmethod
    def read(cls, data: bytes, start: int = 0, end: int | None = None) -> Self:
        """The element at ``start``, which must end by ``end``.

        Raises:
            MalformedDer: There is none.
        """
        end = len(data) if end is None else end
        if end - start < 2 or data[start] & _HIGH_TAG == _HIGH_TAG:  # noqa: PLR2004 - tag, length
            raise MalformedDer(f"no element at byte {start}")
        length, content_start = _length(data, start + 1, end)
        if content_start + length > end:
            raise MalformedDer(f"the element at byte {start} is cut short")
        return cls(data, start, content_start, content_start + length)

    @classmethod
    def whole(cls, data: bytes, tag: int) -> Self:
        """The one element that ``data`` is.

        Raises:
            MalformedDer: It is not one, or of another tag.
        """
        element = cls.read(data)
        if element.end != len(data):
            raise MalformedDer(f"{len(data) - element.end} bytes follow the element")
        element.require(tag)
        return element

    @property
    def tag(self) -> int:
        """The tag byte."""
        return self.data[self.start]

    @property
    def content(self) -> bytes:
        """The bytes inside."""
        return self.data[self.content_start : self.end]

    @property
    def raw(self) -> bytes:
        """The element's own bytes, tag and length included."""
        return self.data[self.start : self.end]

    def require(self, tag: int) -> Self:
        """The element, of this tag.

        Raises:
            MalformedDer: It has another.
        """
        if self.tag != tag:
            raise MalformedDer(f"tag {self.tag:02x} at byte {self.start}, not {tag:02x}")
        return self

    def children(self) -> Iterator["Element"]:
        """The elements inside, one after another.

        Raises:
            MalformedDer: Its content is not a row of elements.
        """
        place = self.content_start
        while place < self.end:
            child = Element.read(self.data, place, self.end)
            yield child
            place = child.end

    def inner(self) -> "Fields":
        """The elements inside, to be taken in the order of their ASN.1 type."""
        return Fields(self)

    def integer(self) -> int:
        """The value of an INTEGER.

        Raises:
            MalformedDer: It is none, or not in its shortest form.
        """
        content = self.require(INTEGER).content
        padded = len(content) > 1 and content[0] in {0, 0xFF} and (content[0] ^ content[1]) < _LONG
        if not content or padded:
            raise MalformedDer(f"malformed INTEGER at byte {self.start}")
        return int.from_bytes(content, "big", signed=True)

    def oid(self) -> str:
        """The value of an OBJECT IDENTIFIER, with dots.

        Raises:
            MalformedDer: It is none.
        """
        arcs, value, fresh = list[int](), 0, True
        for byte in self.require(OBJECT_IDENTIFIER).content:
            if (fresh and byte == _LONG) or len(arcs) > _MAX_ARCS or value >> 64:
                raise MalformedDer(f"malformed OBJECT IDENTIFIER at byte {self.start}")
            value, fresh = (value << _ARC_BITS) | (byte & ~_LONG), byte < _LONG
            if fresh:
                arcs.append(value)
                value = 0
        if not arcs or not fresh:
            raise MalformedDer(f"malformed OBJECT IDENTIFIER at byte {self.start}")
        first = min(arcs[0] // _FIRST_ARCS, 2)
        return ".".join(map(str, (first, arcs[0] - first * _FIRST_ARCS, *arcs[1:])))


class Fields:
    """The elements of a SEQUENCE, taken in turn; optional ones by their tags.

    Args:
        element: The element around them.
    """

    def __init__(self, element: Element) -> None:
        self._start = element.start
        self._rest = list(element.children())

    def take(self, tag: int) -> Element:
        """The next element, of this tag.

        Raises:
            MalformedDer: It is missing or another.
        """
        if not self._rest:
            raise MalformedDer(f"an element is missing in the one at byte {self._start}")
        return self._rest.pop(0).require(tag)

    def optional(self, tag: int) -> Element | None:
        """The next element if it is of this tag."""
        return self._rest.pop(0) if self._rest and self._rest[0].tag == tag else None

    def any(self) -> Element:
        """The next element, whatever it is.

        Raises:
            MalformedDer: There is none.
        """
        if not self._rest:
            raise MalformedDer(f"an element is missing in the one at byte {self._start}")
        return self._rest.pop(0)


def _length(data: bytes, place: int, end: int) -> tuple[int, int]:
    """A length, and where the content begins."""
    first = data[place]
    if first < _LONG:
        return first, place + 1
    count = first & ~_LONG
    digits = data[place + 1 : min(place + 1 + count, end)]
    if not 1 <= count <= _LENGTH_BYTES or len(digits) < count:
        raise MalformedDer(f"malformed length at byte {place}")
    length = int.from_bytes(digits, "big")
    if length < _LONG or digits[0] == 0:
        raise MalformedDer(f"length at byte {place} is not in its shortest form")
    return length, place + 1 + count


def encode(tag: int, *parts: bytes) -> bytes:
    """An element with a tag, of these parts."""
    content = b"".join(parts)
    size = len(content)
    if size < _LONG:
        return bytes((tag, size)) + content
    digits = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, _LONG | len(digits))) + digits + content


def encode_integer(value: int) -> bytes:
    """An INTEGER that is not negative."""
    return encode(INTEGER, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def encode_oid(text: str) -> bytes:
    """An OBJECT IDENTIFIER from its text with dots.

    Raises:
        MalformedDer: The text is none.
    """
    parts = text.split(".")
    if len(parts) < 2 or not all(part.isascii() and part.isdigit() for part in parts):  # noqa: PLR2004
        raise MalformedDer(f"not an object identifier: {text[:80]!r}")
    first, second, *rest = map(int, parts)
    if first > 2 or (first < 2 and second >= _FIRST_ARCS):  # noqa: PLR2004 - X.660's three roots
        raise MalformedDer(f"not an object identifier: {text[:80]!r}")
    arcs = [first * _FIRST_ARCS + second, *rest]
    return encode(OBJECT_IDENTIFIER, *map(_arc, arcs))


def _arc(value: int) -> bytes:
    digits = [value & ~_LONG & 0xFF]
    while value := value >> _ARC_BITS:
        digits.append(_LONG | (value & ~_LONG & 0xFF))
    return bytes(reversed(digits))
