"""``README.txt`` of a package: what it is, and how to check it with nothing of ours.

The commands need a POSIX shell, ``sha256sum``, ``base64`` and OpenSSL 3, and work as printed in
the package's folder, also where it cannot be written. They are the lines that are indented by
four spaces, in this order.
"""

from collections.abc import Collection
from dataclasses import dataclass
from shlex import quote

from hashing.checkpoint import Checkpoint
from hashing.note import VerifierKey

PAGE_VERIFIER = "verify.html"
SCRIPT_VERIFIER = "verify.py"


@dataclass(frozen=True, slots=True)
class Example:
    """The recording by which the commands are shown.

    Attributes:
        path: Its original in the package.
        seq: The entry that made it.
    """

    path: str
    seq: int


def evidence_readme(
    head: Checkpoint, key: VerifierKey, example: Example, verifiers: Collection[str]
) -> bytes:
    """The text for an evidence package.

    Args:
        head: The checkpoint that everything is proven against.
        key: The key that signed it, as the log names it.
        example: The recording in the commands.
        verifiers: File names of the verifiers in the package.
    """
    parts = (
        _EVIDENCE.format(origin=head.origin, size=head.size),
        _verifiers(verifiers),
        _PIN.format(fingerprint=key.fingerprint),
        _DIGESTS,
        _SIGNATURE.format(key=quote(str(key))),
        _ENTRY.format(seq=example.seq, path=quote(example.path)),
        _TIMES,
        _LIMITS,
    )
    return "\n".join(parts).encode()


def audit_readme(head: Checkpoint, key: VerifierKey, verifiers: Collection[str]) -> bytes:
    """The text for an audit pack.

    Args:
        head: The checkpoint.
        key: The key that signed it, as the log names it.
        verifiers: File names of the verifiers in the pack.
    """
    signature = _SIGNATURE.replace("proof/checkpoint", "data/log/checkpoint")
    parts = (
        _AUDIT.format(origin=head.origin, size=head.size),
        _verifiers(verifiers),
        _PIN.format(fingerprint=key.fingerprint),
        _DIGESTS,
        signature.format(key=quote(str(key))),
        _SAMPLE,
    )
    return "\n".join(parts).encode()


def _verifiers(names: Collection[str]) -> str:
    ways = [text for name, text in _WAYS if name in names]
    return "\n".join((_WAYS_HEAD, *ways, _BY_HAND))


_EVIDENCE = """\
证据数据包 / EVIDENCE PACKAGE
=============================

本文件夹是一个 BagIt 数据包（RFC 8493）：data/ 中是录像原件，proof/ 中是采集站日志里与之有关的
条目、每条的包含证明、签名的检查点，以及时间戳和见证（如有）。custody.html 是可阅读、可打印的
经历；proof/package.json 是索引。

This folder is a BagIt bag (RFC 8493). data/ holds the original recordings; proof/ holds the
entries of the station's log that concern them, an inclusion proof for each, the signed
checkpoint, and timestamps and witnesses where there are any. custody.html is the history, to be
read and printed; proof/package.json is the index.

日志 / Log: {origin}
条目数 / Entries: {size}
"""

_AUDIT = """\
审计数据包 / AUDIT PACK
=======================

本文件夹是一个 BagIt 数据包（RFC 8493），不含录像，抽样除外：data/log/ 是采集站的完整日志
（C2SP tlog-tiles），data/objects.tsv 列出日志提到的每件原件，data/rules/ 是生效的规则文件，
data/objects/ 是由审计方自选的种子抽取的原件；proof/package.json 是索引。

This folder is a BagIt bag (RFC 8493) without footage but for a sample. data/log/ is the
station's whole log (C2SP tlog-tiles), data/objects.tsv lists every object that it names,
data/rules/ holds the rule files in force, and data/objects/ the objects drawn by a seed that the
auditor chose. proof/package.json is the index.

日志 / Log: {origin}
条目数 / Entries: {size}
"""

_WAYS_HEAD = """\
如何核对 / HOW TO CHECK IT
--------------------------
"""

_WAYS = (
    (
        PAGE_VERIFIER,
        """\
* 用浏览器打开 verify.html，选择本文件夹。无需联网，无需安装。
  Open verify.html in a browser and choose this folder. Nothing is installed or sent anywhere.
""",
    ),
    (
        SCRIPT_VERIFIER,
        """\
* 或运行：python3 verify.py --key 验证密钥（Python 3.8 以上，无需其他库）。
  Or run: python3 verify.py --key VERIFIER-KEY (Python 3.8 or newer, no other library).
""",
    ),
)

_BY_HAND = """\
* 或只用 sha256sum、base64、openssl 3：在本文件夹中依次执行下面缩进四格的命令。
  Or with sha256sum, base64 and openssl 3 alone: run the lines below that are indented by four
  spaces, one after another, in this folder.
"""

_PIN = """\
验证密钥 / THE VERIFIER KEY
---------------------------

请从数据包以外的来源取得验证密钥，并与下面的指纹比对。只用包内的密钥，只能证明数据包自身一致：
整包都可能是伪造的。
Get the verifier key from somewhere else than this package and compare its fingerprint. With the
key from the package itself, the package only agrees with itself: all of it could be forged.

指纹 / Fingerprint (SHA-256 of the public key):
{fingerprint}
"""

_DIGESTS = """\
1. 文件未变 / THE FILES ARE UNCHANGED
-------------------------------------

    sha256sum --check --quiet tagmanifest-sha256.txt
    sha256sum --check --quiet manifest-sha256.txt

SM3（如需 / if wanted）: openssl dgst -sm3 FILE, manifest-sm3.txt
"""

_SIGNATURE = """\
2. 检查点的签名 / THE SIGNATURE OF THE CHECKPOINT
-------------------------------------------------

将 VKEY 换成您另行取得的验证密钥。
Put the verifier key that you obtained elsewhere in place of VKEY.

    VKEY={key}
    W=$(mktemp -d)
    sed '/^$/,$d' proof/checkpoint > "$W/body"
    grep -F -- "— ${{VKEY%%+*}} " proof/checkpoint | sed 's/.* //' | base64 -d |
        tail -c 64 > "$W/signature"
    printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000' > "$W/public.der"
    printf '%s' "$VKEY" | cut -d + -f 3- | base64 -d | tail -c 32 >> "$W/public.der"
    openssl pkeyutl -verify -pubin -keyform DER -inkey "$W/public.der" \\
        -rawin -in "$W/body" -sigfile "$W/signature"
    test "$(sed -n 1p "$W/body")" = "${{VKEY%%+*}}" && echo "the checkpoint is of the key's log"

openssl 输出 / openssl prints: Signature Verified Successfully
"""

_ENTRY = """\
3. 一个条目在日志中 / AN ENTRY IS IN THE LOG
--------------------------------------------

SEQ 是条目号；其他条目见 proof/entries/。
SEQ is the entry's number; the others are in proof/entries/.

    SEQ={seq}
    FILE={path}

原件的摘要写在条目中 / The entry states the digest of the original:

    SHA256=$(sha256sum < "$FILE" | cut -c 1-64)
    grep -F "\\"sha256\\":\\"$SHA256\\"" "proof/entries/$SEQ.json" > "$W/entry" &&
        echo "the entry names these bytes"

条目的叶哈希 / The leaf hash of the entry:

    (printf '\\000'; cat "proof/entries/$SEQ.json") | sha256sum

由叶哈希沿证明走到检查点的根 / From the leaf along the proof to the checkpoint's root:

    (printf '\\000'; cat "proof/entries/$SEQ.json") | openssl dgst -sha256 -binary > "$W/node"
    sed -n '3,/^$/p' "proof/entries/$SEQ.tlog-proof" | {{
        at=$SEQ; last=$(($(sed -n 2p proof/checkpoint) - 1))
        while read -r hash && test -n "$hash"; do
            printf '%s' "$hash" | base64 -d > "$W/sibling"
            if test $((at % 2)) = 1 || test "$at" = "$last"; then
                (printf '\\001'; cat "$W/sibling" "$W/node") |
                    openssl dgst -sha256 -binary > "$W/next"
                while test "$at" != 0 && test $((at % 2)) = 0; do
                    at=$((at / 2)); last=$((last / 2))
                done
            else
                (printf '\\001'; cat "$W/node" "$W/sibling") |
                    openssl dgst -sha256 -binary > "$W/next"
            fi
            mv "$W/next" "$W/node"; at=$((at / 2)); last=$((last / 2))
        done
        test "$last" = 0 && echo "the proof has the right length"
    }}
    test "$(base64 < "$W/node")" = "$(sed -n 3p proof/checkpoint)" && echo "the entry is in the log"
"""

_TIMES = """\
4. 时间 / TIMES
---------------

条目中的时间是采集站的时钟。proof/anchors/ 中的时间戳（.tsr，RFC 3161）证明“不晚于”：其覆盖的是
同一文件夹中 checkpoint 文件里第一个空行之前的文本（含末尾换行）。用您自己信任的根证书核对：
Times in entries are the station's clock. A timestamp in proof/anchors/ (.tsr, RFC 3161) proves
"not later than": it covers the text of the checkpoint beside it up to the first empty line, its
newline included. Check it with a root certificate that you trust yourself:

  sed '/^$/,$d' proof/anchors/SIZE/checkpoint > body
  openssl ts -verify -data body -in proof/anchors/SIZE/AUTHORITY.tsr -CAfile ROOT.pem
"""

_LIMITS = """\
未证明的事 / WHAT IS NOT PROVEN
-------------------------------

插入采集站之前记录仪上发生的事；所录内容是否真实；检查点之后日志中的事；日志中与这些录像无关的条目。
What happened on the recorder before it was docked; whether what was recorded is true; what the
log says after the checkpoint; entries that do not concern these recordings.
"""

_SAMPLE = """\
3. 抽样 / THE SAMPLE
--------------------

文件名即 SHA-256 / A file's name is its SHA-256:

    find data/objects -type f 2> /dev/null | sed 's#.*/\\(.*\\)#\\1  &#' > "$W/sample"
    test ! -s "$W/sample" || sha256sum --check --quiet "$W/sample"

任何人都可重复抽样：对 objects.tsv 中的每件原件计算 SHA-256(种子 ‖ 00 ‖ 其 SHA-256 的 64 个十六进制
字符)，升序排列，取前 N 件。下面对其中每件打印排序值。
Anyone can repeat the draw: rank every object of objects.tsv by SHA-256(seed ‖ 00 ‖ its SHA-256 as
64 hex), ascending, and take the first N. This prints the sample by its rank:

    SEED=$(sed 's/.*"seed":"\\([^"]*\\)".*/\\1/' proof/package.json)
    COUNT=$(sed 's/.*"sample":{"count":\\([0-9]*\\).*/\\1/' proof/package.json)
    tail -n +2 data/objects.tsv | cut -f 1 | while read -r sha256; do
        echo "$(printf '%s\\0%s' "$SEED" "$sha256" | sha256sum | cut -c 1-64) $sha256"
    done | sort | head -n "$COUNT" | cut -d ' ' -f 2

日志的链与树：见 verify.py，或 docs/formats.md 的说明。
The chain and the tree of the log: see verify.py, or the description in docs/formats.md.
"""
