"""Names that a hostile or broken card may carry and that must be archived all the same.

Each has a label that says what it tries. All are legal on a Linux file system: at most 255
bytes, no slash, no NUL.
"""

from collections.abc import Mapping
from types import MappingProxyType

FOLDER = b"DCIM/199\xff\xfe"
"""The folder they lie in, itself not text."""

HOSTILE_NAMES: Mapping[str, bytes] = MappingProxyType(
    {
        "dots_like_parent": b"..mp4",
        "three_dots": b"...",
        "backslash_traversal": b"..\\..\\etc\\passwd",
        "encoded_slash": b"..%2f..%2fetc%2fpasswd",
        "overlong_slash": b"..\xc0\xafetc.mp4",
        "newline": b"two\nlines.mp4",
        "carriage_return": b"over\rwritten.mp4",
        "tab": b"a\tb.mp4",
        "terminal_escape": b"red\x1b[31m\x07.mp4",
        "delete_character": b"del\x7f.mp4",
        "every_control": bytes(range(1, 32)),
        "invalid_utf8": b"\xff\xfe\x80.mp4",
        "utf8_surrogate": b"\xed\xa0\x80.mp4",
        "replacement_character": "\ufffd\ufffd\ufffd.mp4".encode(),
        "gbk": "执法记录".encode("gbk") + b".mp4",
        "chinese": "执法记录.mp4".encode(),
        "bytes_255": b"n" * 251 + b".mp4",
        "characters_85_of_3_bytes": "录".encode() * 85,
        "case_lower": b"collision.mp4",
        "case_upper": b"COLLISION.MP4",
        "composed": "caf\u00e9.mp4".encode(),
        "decomposed": "cafe\u0301.mp4".encode(),
        "bidi_override": "photo\u202egpj.mp4".encode(),
        "bidi_isolate": "\u2067name\u2069.mp4".encode(),
        "zero_width": "vi\u200bdeo.mp4".encode(),
        "leading_dash": b"-rf",
        "leading_space": b" space.mp4",
        "trailing_dot": b"dot.mp4.",
        "only_a_space": b" ",
        "shell": b"$(reboot);`id`|&.mp4",
        "format_string": b"%s%n%x{0}.mp4",
        "quotes": b"'\"\\.mp4",
        "glob": b"*?[a].mp4",
        "reserved_on_windows": b"CON.mp4",
        "like_a_temporary": b".staging.part",
        "markup": b"<script>alert(1)<!--.mp4",
        "impossible_date": b"100001_4560001_20241399256199_0007.mp4",
    }
)
