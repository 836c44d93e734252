import hashlib
import os
import subprocess
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence_daemon.service.manifest import ManifestMalformed, Vouched, read_manifest
from hashing.digest import Algorithm

DIGEST = "0123456789abcdef" * 4
EITHER = (Algorithm.SHA256, Algorithm.SM3)


def one(line: bytes) -> Vouched:
    [vouched] = read_manifest(line + b"\n", ["/mnt/card"])
    return vouched


@pytest.mark.parametrize(
    ("line", "path", "algorithms"),
    [
        (f"{DIGEST}  DCIM/a.mp4", b"DCIM/a.mp4", EITHER),
        (f"{DIGEST} *./DCIM//a.mp4", b"DCIM/a.mp4", EITHER),
        (f"{DIGEST.upper()}  /mnt/card/a.mp4", b"a.mp4", EITHER),
        (f"\\{DIGEST}  a\\nb\\\\c\\r", b"a\nb\\c\r", EITHER),
        (f"SHA256 (a (1).mp4) = {DIGEST}", b"a (1).mp4", EITHER[:1]),
        (f"SHA2-256(a.mp4)= {DIGEST}", b"a.mp4", EITHER[:1]),
        (f"SHA256(a)= b)= {DIGEST}", b"a)= b", EITHER[:1]),
        (f"SM3(录像.mp4)= {DIGEST}", "录像.mp4".encode(), EITHER[1:]),
        (f"{DIGEST}    leading spaces", b"  leading spaces", EITHER),
    ],
)
def test_the_forms_that_people_have(
    line: str, path: bytes, algorithms: tuple[Algorithm, ...]
) -> None:
    assert one(line.encode()) == Vouched(path, algorithms, DIGEST)


def test_byte_order_mark_line_ends_comments_and_empty_lines() -> None:
    data = b"\xef\xbb\xbf# made in 2019\r\n\r\n" + f"{DIGEST}  a.mp4\r\n".encode()
    assert [vouched.path for vouched in read_manifest(data, ["/x"])] == [b"a.mp4"]


def test_an_absolute_name_may_use_any_name_of_the_folder() -> None:
    data = f"{DIGEST}  /real/card/a.mp4\n".encode()
    assert [v.path for v in read_manifest(data, ["/link", "/real/card"])] == [b"a.mp4"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"# nothing\n",
        b"d41d8cd98f00b204e9800998ecf8427e  md5.mp4\n",
        f"{DIGEST} single space\n".encode(),
        f"{DIGEST}  \n".encode(),
        f"{DIGEST}  ../a.mp4\n".encode(),
        f"{DIGEST}  /mnt/cardigan/a.mp4\n".encode(),
        f"{DIGEST}  .\n".encode(),
        f"{DIGEST}  {'a/' * 2100}b\n".encode(),
        f"SHA512 (a) = {DIGEST}{DIGEST}\n".encode(),
        bytes(range(256)),
    ],
)
def test_what_is_no_manifest(data: bytes) -> None:
    with pytest.raises(ManifestMalformed):
        read_manifest(data, ["/mnt/card"])


@given(st.binary(max_size=400))
def test_nothing_foreign_is_raised(data: bytes) -> None:
    with suppress(ManifestMalformed):
        read_manifest(data, ["/mnt/card"])


NAMES = st.binary(min_size=1, max_size=60).filter(
    lambda name: (
        not {b"\0", b"/"} & {name[at : at + 1] for at in range(len(name))}
        and name not in {b".", b".."}
    )
)


@settings(max_examples=40, deadline=None)
@given(name=NAMES, tagged=st.booleans())
def test_any_name_survives_sha256sum(
    name: bytes, tagged: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = os.fsencode(tmp_path_factory.mktemp("names"))
    with open(os.path.join(folder, name), "wb") as file:
        file.write(name)
    words = [b"sha256sum", *([b"--tag"] if tagged else []), b"--", name]
    made = subprocess.run(words, cwd=folder, capture_output=True, check=True).stdout
    [vouched] = read_manifest(made, [os.fsdecode(folder)])
    assert vouched.path == name


def test_a_digest_holds_under_one_of_its_algorithms() -> None:
    vouched = one(f"{DIGEST}  a".encode())
    assert vouched.holds_for({Algorithm.SHA256: DIGEST})
    assert vouched.holds_for({Algorithm.SHA256: "0" * 64, Algorithm.SM3: DIGEST})
    assert not vouched.holds_for({Algorithm.SHA256: "0" * 64})
    tagged = one(f"SM3(a)= {DIGEST}".encode())
    assert not tagged.holds_for({Algorithm.SHA256: DIGEST})
    assert str(tagged) == f"sm3:{DIGEST}"
    assert Path(tagged.path.decode()).name == "a"


MAKERS = {
    "sha256sum": "find . -type f -print0 | xargs -0 sha256sum",
    "binary": "find . -type f -print0 | xargs -0 sha256sum -b",
    "tagged": "find . -type f -print0 | xargs -0 sha256sum --tag",
    "absolute": 'find "$PWD" -type f -print0 | xargs -0 sha256sum',
    "openssl_sha256": "find . -type f -not -name '*break*' -print0 | xargs -0 openssl dgst -sha256",
    "openssl_sm3": "find . -type f -not -name '*break*' -print0 | xargs -0 openssl dgst -sm3",
    "coreutils_sm3": (
        "openssl dgst -sm3 -r notes.txt disc*/a.mp4 | sed 's/ \\*/  /'; echo '# checked in 2019'"
    ),
    "windows": "printf '\\357\\273\\277'; sha256sum notes.txt | sed 's/$/\\r/'; printf '\\r\\n'",
}


@pytest.mark.parametrize("maker", MAKERS)
def test_manifests_as_the_tools_make_them(tmp_path: Path, maker: str) -> None:
    (tmp_path / "disc 1").mkdir()
    contents = {name: f"content of {name}".encode() for name in ("disc 1/a.mp4", "notes.txt")}
    contents["disc 1/back\\slash\nbreak.mp4"] = b"hard to spell"
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    made = subprocess.run(
        ["sh", "-c", MAKERS[maker]], cwd=tmp_path, capture_output=True, check=True
    )
    found = read_manifest(made.stdout, [str(tmp_path)])
    assert found
    for vouched in found:
        content = contents[vouched.path.decode()]
        digests = {name: hashlib.new(name.value, content).hexdigest() for name in Algorithm}
        assert vouched.holds_for(digests)
