#!/usr/bin/env python3
"""Checks what an evidence station hands over, and believes nothing that the station says.

    python3 verify.py [DIR] [--key VKEY] [--known FILE]... [--witness VKEY]... [--digests all]
                      [--json] [--lang zh|en]

DIR is an archive (log/ beside objects/), a log folder, or a folder with an evidence package or an
audit pack; without it, the folder that this file lies in. Nothing is written anywhere.

One file, the Python standard library, Python 3.8 or newer, any operating system. It is written
from the format document (docs/formats.md of the station's program) and shares no code with that
program. The numbers of the checks are those of the document and of ``evd verify``.

What proves the origin is a key from elsewhere (--key), or a checkpoint kept elsewhere (--known).
Without a key the best verdict is "self-consistent, origin not proven": exit code 101.

What this file does not do, and says so in its report: the fields of each act (check 10), the
station's catalog (14), the signature inside timestamp tokens (15 compares what they stamp).

In this order: words, findings, files, Ed25519, SM3, keys and notes, entries, the tree, the log,
objects, timestamp tokens, packages, the report, the command.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import os
import re
import stat
import sys
import threading
from collections import Counter, deque
from concurrent.futures import BrokenExecutor, ProcessPoolExecutor, ThreadPoolExecutor
from datetime import datetime
from multiprocessing import get_context
from typing import Any, Callable, Iterable, Iterator, Mapping, NamedTuple, Sequence, Tuple

# ---------------------------------------------------------------------------------------------
# Words: every sentence for people, as (Chinese, English)
# ---------------------------------------------------------------------------------------------

CHECKS = {
    1: ("检查点存在且可读：日志有确定的末端。",
        "The checkpoint is there and can be read: the log has a definite end."),
    2: ("检查点由日志的密钥签名：有人为整段历史负责。",
        "The checkpoint is signed by the log's key: someone answers for this history."),
    3: ("所有条目文件齐全：没有条目缺失。",
        "Every bundle of entries is there and full: no entry is missing."),
    4: ("每个条目格式规范、编号连续、承接前一条：没有增删、调换或修改。",
        "Every entry is well formed, numbered, and follows the one before: none was edited, "
        "removed, inserted or moved."),
    5: ("条目算出的根与检查点一致：签名覆盖的正是这些条目。",
        "The entries hash to the checkpoint's root: they are what was signed."),
    6: ("各级哈希文件与条目一致：由它们出具的证明有效。",
        "Every stored tile is the one the entries make: proofs made from them hold."),
    7: ("密钥的更替均由新旧密钥共同签署。",
        "The keys follow one another, each rotation signed by both."),
    8: ("每次开机期间时间不倒退（仅供参考）。",
        "Within a boot, time does not go back (for information)."),
    9: ("外部保存的检查点属于此日志：历史未被回退或改写。",
        "Checkpoints kept elsewhere are of this log's past: nothing was rolled back."),
    10: ("条目内容符合各自的格式定义。",
         "The bodies of entries are what their schemas say."),
    11: ("日志提到的原件都在。",
         "Every object that the log names is there."),
    12: ("每件原件的字节与归档时相同。",
         "The bytes of every object are those that were archived."),
    13: ("原件文件夹中没有日志未提及的文件。",
         "No file lies among the objects that the log never speaks of."),
    14: ("目录与日志一致：查询结果可信。",
         "The catalog is what the log says: its answers can be trusted."),
    15: ("时间戳盖的正是此日志的检查点：它们证明“不晚于”。",
         "Timestamp tokens are over checkpoints of this log: they say \"not later than\"."),
    16: ("见证方的联署有效：此历史另有他人看到过。",
         "Cosignatures of witnesses hold: somebody else has seen this history."),
    17: ("包内的条目都在检查点所签名的日志中。",
         "Every entry of the package is in the log that the checkpoint signs."),
    18: ("数据包完整：清单中的文件都在且未变，没有多余文件。",
         "The bag is whole: every listed file is here unchanged, and no other."),
}  # fmt: skip
"""What it means for the evidence that a check passes."""

MEANINGS = {
    "LOG_INCONSISTENT": (
        "日志在写入之后被改动或损坏；说明中指出了具体位置。",
        "The log was changed or damaged after it was written; the detail says where."),
    "MISSING_FILE": (
        "日志要求存在的文件缺失；它所承载的内容无法在此处证明。",
        "A file that the log requires is missing; what it held cannot be proven here."),
    "DIGEST_MISMATCH": (
        "文件内容与记录时不同，不能再作为原件使用。",
        "The bytes are not those that were recorded; the file is no original any more."),
    "SIGNATURE": (
        "该日志没有有效的签名，不能证明它出自这台采集站。",
        "The log is not validly signed; nothing proves that this station wrote it."),
    "ROLLED_BACK": (
        "日志与外部保存的检查点不符：历史被回退或改写。",
        "The log contradicts a checkpoint kept elsewhere: history was rolled back or rewritten."),
    "CLOCK_WENT_BACK": (
        "采集站的时钟曾在运行中回拨；条目的先后次序不受影响，时间需谨慎引用。",
        "The station's clock was set back while it ran; the order of entries stands, their times "
        "need care."),
    "LOG_SUCCEEDS": (
        "此日志接续一份已丢失的日志；更早的历史不在其中。",
        "This log follows one that was lost; the earlier history is not in it."),
    "BAG_MISMATCH": (
        "数据包在制成后被改动，或其各部分不相符。",
        "The package was changed after it was made, or its parts do not agree."),
    "MALFORMED_INDEX": (
        "数据包的索引不可读；其中的内容无从核对。",
        "The package's index cannot be read; what it holds cannot be checked."),
    "TIMESTAMP": (
        "该时间戳不能证明此日志的时间。",
        "The token proves nothing of the time of this log."),
    "UNLOGGED_OBJECT": (
        "该文件不是证据：日志从未提及它。",
        "The file is not evidence: the log never speaks of it."),
    "ORIGIN_NOT_PROVEN": (
        "各项自身一致，但未证明出自哪台采集站。",
        "Everything is consistent with itself; which station wrote it is not proven."),
    "NOT_AN_ARCHIVE": (
        "此处没有可校验的内容。",
        "There is nothing here to verify."),
    "INTERNAL": (
        "校验程序本身的缺陷；对证据没有结论。",
        "A defect of this verifier; nothing is said about the evidence."),
}  # fmt: skip
"""What a finding means for the evidence, by its code."""

EXIT_CODES = {
    "INTERNAL": 3,
    "MISSING_FILE": 10,
    "DIGEST_MISMATCH": 11,
    "BAG_MISMATCH": 12,
    "MALFORMED_INDEX": 12,
    "LOG_INCONSISTENT": 30,
    "SIGNATURE": 31,
    "TIMESTAMP": 32,
    "ROLLED_BACK": 33,
    "NOT_AN_ARCHIVE": 56,
    "ORIGIN_NOT_PROVEN": 101,
    "UNLOGGED_OBJECT": 102,
    "CLOCK_WENT_BACK": 0,
    "LOG_SUCCEEDS": 0,
}

DETAILS = {
    # files
    "missing": ("缺失", "missing"),
    "missing_and_after": ("缺失，其后 {count} 个也缺失", "missing, and the {count} after it"),
    "no_file": ("不是普通文件", "is not a regular file"),
    "unreadable": ("无法读取：{reason}", "cannot be read: {reason}"),
    "too_big": ("超过 {limit} 字节", "is larger than {limit} bytes"),
    # notes and keys
    "note_text": ("不是 UTF-8 文本，或含控制字符", "is not UTF-8 text, or has control characters"),
    "note_form": ("不是签名笔记：{why}", "is not a signed note: {why}"),
    "checkpoint_form": ("不是检查点：{why}", "is not a checkpoint: {why}"),
    "proof_form": ("不是 tlog-proof：{why}", "is not a tlog-proof: {why}"),
    "no_checkpoint": ("日志没有检查点", "the log has no checkpoint"),
    "vkey_form": ("不是验证密钥：{why}", "is not a verifier key: {why}"),
    "other_origin": ("它属于 {found}，密钥属于 {expected}",
                     "it is of origin {found}, the key is of {expected}"),
    "not_signed": ("没有 {key} 的签名", "is not signed by {key}"),
    "wrong_signature": ("{key} 的签名不成立", "the signature by {key} is wrong"),
    "other_pinned": ("日志的首个密钥是 {found}，锁定的是 {pinned}",
                     "the log's first key is {found}, the pinned one is {pinned}"),
    "not_pinned": ("没有锁定密钥；日志自称的密钥是 {key}",
                   "no key was pinned; the log itself names {key}"),
    # bundles and entries
    "bundle_breaks": ("在第 {place} 条内中断", "breaks off inside its entry {place}"),
    "bundle_count": ("有 {found} 条，应为 {expected} 条", "holds {found} entries, not {expected}"),
    "entry_json": ("已改动：不是规范的 JSON", "changed: not canonical JSON"),
    "entry_form": ("已改动：重新编码得到不同的字节",
                   "changed: not in canonical form, encoding it again gives other bytes"),
    "entry_domain": ("已改动：含有条目中不允许的值或键",
                     "changed: holds a number or a key that no entry can have"),
    "entry_field": ("已改动：公共字段 {field} 缺失或格式不符",
                    "changed: the common field {field} is missing or malformed"),
    "entry_gap": ("被移除：其后是第 {next} 条", "removed: entry {next} follows"),
    "entry_order": ("次序有误：位于第 {before} 条之后",
                    "out of order: it lies behind entry {before}"),
    "entry_chain": ("与前一条不衔接：第 {before} 条或本条已改动",
                    "does not follow entry {before} as it is: one of the two was changed"),
    "entry_end": ("被移除：检查点涵盖 {size} 条", "removed: the checkpoint covers {size} entries"),
    "entry_beyond": ("多出：检查点只涵盖 {size} 条", "added: the checkpoint covers {size} entries"),
    "clock_back": ("时间 {time} 早于前一条的 {before}",
                   "its time {time} is before {before} of the entry before"),
    "succeeds": ("接续 {origin}，其最后已知 {size} 条",
                 "it follows {origin}, last known with {size} entries"),
    # tree
    "root": ("条目算出 {found}，检查点为 {expected}",
             "the entries hash to {found}, the checkpoint says {expected}"),
    "entry_not_tile": ("已改动：通向已签名之根的哈希文件与之不符",
                       "changed: the tiles, which lead to the signed root, have another"),
    "tile_size": ("有 {found} 字节，应为 {expected}", "has {found} bytes, not {expected}"),
    "tile_hash": ("已改动：第 {place} 个哈希与条目不符",
                  "changed: hash {place} is not the one that the entries make"),
    # keys
    "key_missing": ("首条不是可读的密钥条目", "not a readable key entry"),
    "key_origin": ("日志名 {origin} 不是以首个密钥结尾",
                   "the origin {origin} does not end in the first key"),
    "key_rotation": ("密钥更替不成立：{why}", "the rotation of the key does not hold: {why}"),
    # known checkpoints
    "known_origin": ("分叉：它属于另一日志 {found}", "forked: it is of another log, {found}"),
    "known_bigger": ("回退：日志只有 {size} 条", "rolled back: the log has only {size} entries"),
    "known_root": ("分叉：该处的根不同", "forked: the log has another root at this size"),
    # objects
    "object_missing": ("第 {seq} 条提到它，但它不在", "entry {seq} names it, it is not there"),
    "object_size": ("有 {found} 字节，第 {seq} 条记为 {expected}",
                    "is {found} bytes, entry {seq} says {expected}"),
    "object_digest": ("{name} 为 {found}，第 {seq} 条记为 {expected}",
                      "has the {name} {found}, entry {seq} says {expected}"),
    "object_unlogged": ("没有条目提到它", "no entry speaks of it"),
    # packages
    "bag_form": ("不是 BagIt 1.0 的声明", "is not the declaration of BagIt 1.0"),
    "bag_line": ("清单中有无法识别的一行：{line}", "has a line that is none: {line}"),
    "bag_twice": ("{path} 列出两次", "lists {path} twice"),
    "bag_digest": ("{name} 为 {found}，清单记为 {expected}",
                   "has the {name} {found}, the manifest says {expected}"),
    "bag_extra": ("没有清单提到它", "no manifest names it"),
    "sample": ("不是种子 {seed} 抽中的原件", "are not the objects that the seed {seed} draws"),
    "object_list": ("不是日志所得的原件清单", "is not the list of objects that the log makes"),
    "rule_file": ("不是日志所记的规则文件", "is not the rule file that the log names"),
    "not_expected": ("数据包中不应有此文件", "does not belong in this package"),
    "index_says": ("{what} 与数据包不符", "its {what} is not what the package shows"),
    "entry_number": ("其中是第 {found} 条", "holds entry {found}"),
    "proof_wrong": ("证明不通向检查点", "its proof does not lead to the checkpoint"),
    "consistency_wrong": ("不是此检查点的较早状态：一致性证明不成立",
                          "is not this log's past: the consistency proof does not hold"),
    "recording_entry": ("第 {seq} 条不是此录像的归档条目",
                        "entry {seq} is not the one that took this recording in"),
    "recording_id": ("编号不由记录仪与摘要得出", "its id does not follow from recorder and digest"),
    "token_form": ("不是时间戳响应", "is not a timestamp response"),
    "token_imprint": ("盖在其他内容上，不是此检查点", "is over something else"),
    "token_entry": ("不是第 {seq} 条所记的时间戳", "is not the token that entry {seq} names"),
    "vouched_missing": ("第 {seq} 条提到它，它不在",
                        "entry {seq} speaks of it, and it is not there"),
    "vouched_root": ("第 {seq} 条所说的根不同", "entry {seq} speaks of another root"),
    "vouched_line": ("缺少第 {seq} 条所说的 {key} 的联署",
                     "the cosignature by {key} that entry {seq} speaks of is not there"),
    # the run
    "more": ("另有 {count} 处同类发现", "{count} more findings of this kind"),
    "nothing_here": ("没有 log/、checkpoint 或 bagit.txt",
                     "holds no log/, checkpoint or bagit.txt"),
    "internal": ("{reason}", "{reason}"),
}  # fmt: skip
"""What was found, as templates."""

NOT_CHECKED = {
    "bodies": ("各类条目的内容字段（第 10 项）：用 evd verify --bodies",
               "the fields of each act (check 10): use evd verify --bodies"),
    "catalog": ("采集站的目录（第 14 项）：它不是证据",
                "the station's catalog (check 14): it is no evidence"),
    "times": ("时间：没有时间戳或见证方限定它们", "times: no token or witness bounds them"),
    "no_objects": ("原件的字节：这里只有日志", "the bytes of objects: there is only a log here"),
    "sm3": ("SM3 摘要：用 --digests all", "SM3 digests: use --digests all"),
    "sm3_slow": ("{count} 件较大原件的 SM3：此 Python 没有内置 SM3，用 --slow",
                 "the SM3 of {count} large objects: this Python has no SM3 built in, use --slow"),
    "unlogged": ("日志未提及的文件：条目本身存疑",
                 "objects that no entry speaks of: entries themselves are in doubt"),
    "evicted": ("只存于附加存储的 {count} 件原件",
                "{count} objects that lie in further stores only"),
    "odd_objects": ("{count} 条的原件信息无法读懂", "{count} entries whose object cannot be read"),
    "stranger": ("{subject} 由谁签名：不是此日志的密钥",
                 "who signed the {subject}: none of the log's keys did"),
    "unknown_root": ("条目的根：条目不齐", "the root of the entries: some are missing"),
    "rest_of_log": ("包内未收入的条目（第 3、5、6、8 项）：需要整份日志",
                    "entries that are not in the package (3, 5, 6, 8): that takes the log"),
    "token_signature": ("时间戳内的签名：用 openssl ts -verify",
                        "the signatures inside timestamp tokens: use openssl ts -verify"),
    "token_digest": ("{path}：摘要算法未知", "{path}: its digest algorithm is not known here"),
    "witness": ("联署：用 --witness 给出见证方的密钥",
                "cosignatures: give the keys of witnesses with --witness"),
    "no_cosignature": ("{key} 的联署：没有", "a cosignature by {key}: there is none"),
    "known_elsewhere": ("{subject}：包内没有通向它的证明",
                        "{subject}: the package holds no proof that leads to it"),
    "sample": ("未抽中的原件的字节", "the bytes of objects that are not in the sample"),
    "known": ("外部保存的检查点（第 9 项）：用 --known 给出",
              "checkpoints kept elsewhere (check 9): give them with --known"),
}  # fmt: skip
"""What a run says nothing about."""

PHRASES = {
    "pass": ("通过", "PASS"),
    "warn": ("注意", "WARN"),
    "fail": ("失败", "FAIL"),
    "not_checked": ("未检查", "NOT CHECKED"),
    "log": ("日志 {origin}：{entries} 条，{objects} 件原件，根 {root}",
            "Log {origin}: {entries} entries, {objects} objects, root {root}"),
    "verdict_bad": ("结论：发现 {count} 处不符，见上。不要修改任何文件。",
                    "Verdict: {count} findings, named above. Change nothing in the folder."),
    "verdict_good": ("结论：所查各项均成立，且由锁定的密钥证明出自此采集站。",
                     "Verdict: all that was checked holds, and the pinned key proves its origin."),
    "verdict_self": ("结论：自身一致，但未证明出自哪台采集站。请与公布的指纹比对：",
                     "Verdict: self-consistent, origin not proven. Compare this fingerprint with "
                     "the published one:"),
    "and_more": ("另有 {count} 处，--json 列出。", "and {count} more; see --json"),
    "unchecked": ("未检查：{sentence}", "Not checked: {sentence}"),
}  # fmt: skip
"""The rest of the report."""

LANGUAGES = ("zh", "en")


def say(pair: tuple[str, str], language: str, values: Mapping[str, object] | None = None) -> str:
    """A sentence in a language, its values made harmless for a terminal."""
    shown = {name: printable(value) for name, value in (values or {}).items()}
    return pair[LANGUAGES.index(language)].format(**shown)


def printable(value: object) -> str:
    """A text without control, bidirectional or other invisible characters, and not endless."""
    text = str(value)
    text = text if len(text) <= 300 else text[:300] + "…"
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


# ---------------------------------------------------------------------------------------------
# Findings
# ---------------------------------------------------------------------------------------------

ERROR, WARNING, INFORMATION = "error", "warning", "information"
TOLD_PER_KIND = 100


class Finding(NamedTuple):
    """One thing that a run has to say: which check, which defect, about what, and the sentence."""

    check: int
    code: str
    subject: str
    message: str
    values: Mapping[str, object] = {}
    severity: str = ERROR

    def detail(self, language: str) -> str:
        """The sentence."""
        return say(DETAILS[self.message], language, self.values)

    @property
    def exit_code(self) -> int:
        """The exit code that it asks for."""
        return 0 if self.severity == INFORMATION else EXIT_CODES[self.code]


class Refused(Exception):  # noqa: N818 - said of what was read
    """What every reader of foreign bytes raises, and nothing else: a sentence of DETAILS."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values


class Run:
    """What is known so far: findings, the checks that were made, what stayed unchecked, figures."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.made: set[int] = set()
        self.not_checked: list[tuple[str, Mapping[str, object]]] = []
        self.origin = ""
        self.size = 0
        self.root = b""
        self.first_key: Key | None = None
        self.pinned = False
        self.objects = 0
        self.object_bytes = 0
        self._seen: Counter[tuple[int, str, str]] = Counter()

    def add(self, finding: Finding) -> None:
        """Keep a finding; of very many of one kind the first hundred."""
        kind = (finding.check, finding.code, finding.severity)
        self._seen[kind] += 1
        if self._seen[kind] <= TOLD_PER_KIND:
            self.findings.append(finding)

    def error(self, check: int, code: str, subject: str, message: str, **values: object) -> None:
        """Something does not hold."""
        self.add(Finding(check, code, subject, message, values))

    def refuse(
        self, check: int, subject: str, why: Refused, code: str = "LOG_INCONSISTENT"
    ) -> None:
        """A reader did not accept something."""
        self.add(Finding(check, code, subject, why.message, why.values))

    def skip(self, sentence: str, **values: object) -> None:
        """Say what stays unchecked."""
        self.not_checked.append((sentence, values))

    def failed(self, *checks: int) -> bool:
        """Whether one of these checks found an error."""
        return any(check in checks and severity == ERROR for check, _, severity in self._seen)

    def finish(self) -> None:
        """Order the findings by their checks, and say how many were left out."""
        for (check, code, severity), count in self._seen.items():
            if count > TOLD_PER_KIND:
                more = {"count": count - TOLD_PER_KIND}
                self.findings.append(Finding(check, code, "log", "more", more, severity))
        self.findings.sort(key=lambda finding: finding.check)

    def status(self, check: int) -> str:
        """How a check ended."""
        found = {finding.severity for finding in self.findings if finding.check == check}
        if ERROR in found:
            return "fail"
        if WARNING in found:
            return "warn"
        return "pass" if check in self.made else "not_checked"

    @property
    def ok(self) -> bool:
        """Whether everything that was checked holds."""
        return not any(finding.severity == ERROR for finding in self.findings)

    @property
    def origin_proven(self) -> bool:
        """Whether a pinned key shows that this origin signed these entries."""
        return self.pinned and bool(self.root) and not self.failed(1, 2, 3, 4, 5, 7)

    @property
    def exit_code(self) -> int:
        """0; else the first error's code; else the gravest warning's (the lowest number)."""
        errors = [f.exit_code for f in self.findings if f.severity == ERROR]
        warnings = sorted(f.exit_code for f in self.findings if f.severity == WARNING)
        return (errors or warnings or [0])[0]


# ---------------------------------------------------------------------------------------------
# Files
# ---------------------------------------------------------------------------------------------


def read_file(path: str, limit: int) -> bytes | None:
    """A file's bytes, None where there is none. Only a regular file is opened.

    Raises:
        Refused: It is no regular file, is larger than the limit, or cannot be read.
    """
    try:
        if not stat.S_ISREG(os.stat(path).st_mode):
            raise Refused("no_file")
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise Refused("unreadable", reason=_reason(error)) from error
    if len(data) > limit:
        raise Refused("too_big", limit=limit)
    return data


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or type(error).__name__


def names_in(folder: str) -> list[str]:
    """The names in a folder, sorted; none where it is missing or cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def sha256(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


# ---------------------------------------------------------------------------------------------
# Ed25519: verifying a signature as RFC 8032 §5.1.7 says, strictly
# ---------------------------------------------------------------------------------------------
#
# The curve is -x² + y² = 1 + d·x²·y² over the integers modulo a prime. A point is (X, Y, Z, T)
# with x = X/Z, y = Y/Z and x·y = T/Z, which needs no division on the way. Encodings of points and
# of S must be the canonical ones, and the equation is the one without the cofactor:
# S·B = R + k·A. Everything here is public, so nothing has to run in constant time.

Point = Tuple[int, int, int, int]

PRIME = 2**255 - 19
ORDER = 2**252 + 27742317777372353535851937790883648493


def inverse(number: int) -> int:
    """The number that gives 1 with this one, modulo the prime."""
    return pow(number, PRIME - 2, PRIME)


D = -121665 * inverse(121666) % PRIME
ROOT_OF_MINUS_1 = pow(2, (PRIME - 1) // 4, PRIME)
NEUTRAL = (0, 1, 1, 0)


def point_add(p: Point, q: Point) -> Point:
    """The sum of two points; right for equal points too (RFC 8032 §5.1.4)."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % PRIME
    b = (p[1] + p[0]) * (q[1] + q[0]) % PRIME
    c = 2 * p[3] * q[3] * D % PRIME
    d = 2 * p[2] * q[2] % PRIME
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % PRIME, g * h % PRIME, f * g % PRIME, e * h % PRIME)


def point_multiply(scalar: int, p: Point) -> Point:
    """The product scalar · p, by doubling and adding."""
    total = NEUTRAL
    while scalar:
        if scalar & 1:
            total = point_add(total, p)
        p = point_add(p, p)
        scalar >>= 1
    return total


def point_decode(data: bytes) -> Point | None:
    """The point that 32 bytes say, None unless they are its canonical encoding (§5.1.3)."""
    number = int.from_bytes(data, "little")
    sign, y = number >> 255, number & (2**255 - 1)
    if y >= PRIME:
        return None
    numerator, denominator = (y * y - 1) % PRIME, (D * y * y + 1) % PRIME
    square = numerator * inverse(denominator) % PRIME
    x = pow(square, (PRIME + 3) // 8, PRIME)
    if (x * x - square) % PRIME:
        x = x * ROOT_OF_MINUS_1 % PRIME
    if (x * x - square) % PRIME or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = PRIME - x
    return (x, y, 1, x * y % PRIME)


def point_encode(p: Point) -> bytes:
    """The 32 bytes of a point."""
    z = inverse(p[2])
    x, y = p[0] * z % PRIME, p[1] * z % PRIME
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = point_decode((4 * inverse(5) % PRIME).to_bytes(32, "little")) or NEUTRAL


def ed25519_verifies(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether a signature over a message was made with the key to a public key."""
    if len(public) != 32 or len(signature) != 64:
        return False
    a = point_decode(public)
    s = int.from_bytes(signature[32:], "little")
    if a is None or s >= ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public + message).digest()
    k = int.from_bytes(digest, "little") % ORDER
    minus_a = (PRIME - a[0], a[1], a[2], PRIME - a[3])
    r = point_add(point_multiply(s, BASE), point_multiply(k, minus_a))
    return point_encode(r) == signature[:32]


# ---------------------------------------------------------------------------------------------
# SM3 (GB/T 32905-2016), for a Python whose OpenSSL does not have it
# ---------------------------------------------------------------------------------------------

SLOW_SM3_LIMIT = 4 << 20
"""Bytes of a file that the SM3 below still takes seconds for, not minutes."""


def _turn(word: int, bits: int) -> int:
    bits %= 32
    return (word << bits | word >> (32 - bits)) & 0xFFFFFFFF


class PythonSM3:
    """SM3 as hashlib would have it: ``update`` and ``hexdigest``."""

    _ROUNDS = tuple(_turn(0x79CC4519 if j < 16 else 0x7A879D8A, j) for j in range(64))

    def __init__(self) -> None:
        self._state: tuple[int, ...] = (
            0x7380166F, 0x4914B2B9, 0x172442D7, 0xDA8A0600,
            0xA96F30BC, 0x163138AA, 0xE38DEE4D, 0xB0FB0E4E,
        )  # fmt: skip
        self._rest = b""
        self._length = 0

    def update(self, data: bytes | memoryview) -> None:
        """Take more bytes."""
        self._length += len(data)
        data = self._rest + bytes(data)
        whole = len(data) - len(data) % 64
        for start in range(0, whole, 64):
            self._state = self._compress(self._state, data[start : start + 64])
        self._rest = data[whole:]

    def hexdigest(self) -> str:
        """The digest of the bytes so far."""
        zeros = bytes((55 - self._length) % 64)
        last = self._rest + b"\x80" + zeros + (8 * self._length).to_bytes(8, "big")
        state = self._state
        for start in range(0, len(last), 64):
            state = self._compress(state, last[start : start + 64])
        return "".join(f"{word:08x}" for word in state)

    @classmethod
    def _compress(cls, state: tuple[int, ...], block: bytes) -> tuple[int, ...]:
        w = [int.from_bytes(block[at : at + 4], "big") for at in range(0, 64, 4)]
        for j in range(16, 68):
            x = w[j - 16] ^ w[j - 9] ^ _turn(w[j - 3], 15)
            w.append(x ^ _turn(x, 15) ^ _turn(x, 23) ^ _turn(w[j - 13], 7) ^ w[j - 6])
        a, b, c, d, e, f, g, h = state
        for j in range(64):
            a12 = _turn(a, 12)
            ss1 = _turn(a12 + e + cls._ROUNDS[j] & 0xFFFFFFFF, 7)
            if j < 16:
                ff, gg = a ^ b ^ c, e ^ f ^ g
            else:
                ff, gg = a & b | a & c | b & c, e & f | ~e & g
            tt1 = ff + d + (ss1 ^ a12) + (w[j] ^ w[j + 4]) & 0xFFFFFFFF
            tt2 = gg + h + ss1 + w[j] & 0xFFFFFFFF
            a, b, c, d = tt1, a, _turn(b, 9), c
            e, f, g, h = tt2 ^ _turn(tt2, 9) ^ _turn(tt2, 17), e, _turn(f, 19), g
        return tuple(x ^ y for x, y in zip(state, (a, b, c, d, e, f, g, h)))


def has_fast_sm3() -> bool:
    """Whether hashlib knows SM3."""
    try:
        hashlib.new("sm3")
    except ValueError:
        return False
    return True


def new_digest(name: str) -> Any:
    """A digest under way: ``sha256`` or ``sm3``."""
    if name == "sm3" and not has_fast_sm3():
        return PythonSM3()
    return hashlib.new(name)


# ---------------------------------------------------------------------------------------------
# Keys, signed notes, checkpoints
# ---------------------------------------------------------------------------------------------

NOTE_BYTES = 1 << 20
NOTE_SIGNATURES = 100
WITNESS_KEY = b"\x04"


def unbase64(text: str) -> bytes | None:
    """What base64 says, None unless it is the one canonical spelling."""
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def is_name(text: str) -> bool:
    """Whether a text can be the name of a key."""
    return bool(text) and "+" not in text and not any(c.isspace() for c in text)


class Key(NamedTuple):
    """A verifier key."""

    name: str
    hash: bytes
    public: bytes
    sort: bytes = b"\x01"

    @classmethod
    def parse(cls, text: object, sort: bytes = b"\x01") -> Key:
        """Read ``<name>+<key hash>+<base64>``; a witness's key has another sort than a log's.

        Raises:
            Refused: The text is no Ed25519 verifier key of this sort.
        """
        parts = text.split("+", 2) if isinstance(text, str) else []
        if len(parts) != 3:
            raise Refused("vkey_form", why="<name>+<8 hex>+<base64>")
        name, hash_text, data = parts
        key = unbase64(data)
        if not is_name(name) or key is None:
            raise Refused("vkey_form", why="<name>+<8 hex>+<base64>")
        if len(key) != 33 or key[:1] != sort:
            raise Refused("vkey_form", why=f"Ed25519: 33 bytes, {sort.hex()} …")
        key_hash = sha256(name.encode() + b"\n" + key)[:4]
        if key_hash.hex() != hash_text:
            raise Refused("vkey_form", why=f"key hash {key_hash.hex()}")
        return cls(name, key_hash, key[1:], sort)

    def __str__(self) -> str:
        data = base64.b64encode(self.sort + self.public).decode()
        return f"{self.name}+{self.hash.hex()}+{data}"

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the public key, to be compared by people."""
        return sha256(self.public).hex()


class Note(NamedTuple):
    """A signed note: its text, and (name, key hash, signature) of every line below it."""

    text: str
    signatures: list[tuple[str, bytes, bytes]]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Read a note. No signature is verified.

        Raises:
            Refused: The bytes are no signed note.
        """
        if len(data) > NOTE_BYTES:
            raise Refused("too_big", limit=NOTE_BYTES)
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise Refused("note_text") from error
        if any(c < " " and c != "\n" for c in whole):
            raise Refused("note_text")
        text, gap, below = whole.rpartition("\n\n")
        if not gap or not below.endswith("\n"):
            raise Refused("note_form", why="… \\n\\n — …\\n")
        lines = below[:-1].split("\n")
        if len(lines) > NOTE_SIGNATURES:
            raise Refused("note_form", why=f"> {NOTE_SIGNATURES}")
        return cls(text + "\n", [cls._signature(line) for line in lines])

    @staticmethod
    def _signature(line: str) -> tuple[str, bytes, bytes]:
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "—" or not is_name(parts[1]):
            raise Refused("note_form", why=line[:80])
        name, data = parts[1], unbase64(parts[2])
        if data is None or len(data) < 5:
            raise Refused("note_form", why=line[:80])
        return name, data[:4], data[4:]

    def names(self, key: Key) -> bool:
        """Whether a line says that it is by this key."""
        return any(
            (name, key_hash) == (key.name, key.hash) for name, key_hash, _ in self.signatures
        )

    def verify(self, key: Key) -> None:
        """See that this key signed the text.

        Raises:
            Refused: No line is by this key, or one is and does not hold.
        """
        if not self.names(key):
            raise Refused("not_signed", key=key)
        for name, key_hash, signature in self.signatures:
            ours = (name, key_hash) == (key.name, key.hash)
            if ours and not ed25519_verifies(key.public, self.text.encode(), signature):
                raise Refused("wrong_signature", key=key)


def cosigned_at(note: Note, key: Key) -> int | None:
    """The newest time at which a witness cosigned a checkpoint, None if it did not.

    Raises:
        Refused: A cosignature by this key does not hold.
    """
    times = []
    for name, key_hash, data in note.signatures:
        if (name, key_hash) != (key.name, key.hash):
            continue
        time = int.from_bytes(data[:8], "big")
        message = f"cosignature/v1\ntime {time}\n{note.text}".encode()
        if time >> 63 or not ed25519_verifies(key.public, message, data[8:]):
            raise Refused("wrong_signature", key=key)
        times.append(time)
    return max(times, default=None)


is_size = re.compile("0|[1-9][0-9]{0,18}").fullmatch


class Checkpoint(NamedTuple):
    """What a checkpoint says, and the note that says it."""

    origin: str
    size: int
    root: bytes
    note: Note

    @classmethod
    def parse(cls, data: bytes) -> Checkpoint:
        """Read a checkpoint.

        Raises:
            Refused: The bytes are no signed note, or its text is no checkpoint.
        """
        note = Note.parse(data)
        lines = note.text[:-1].split("\n")
        if len(lines) < 3 or not all(lines):
            raise Refused("checkpoint_form", why="< 3")
        root = unbase64(lines[2])
        if not is_size(lines[1]):
            raise Refused("checkpoint_form", why=lines[1])
        if root is None or len(root) != 32:
            raise Refused("checkpoint_form", why=lines[2])
        return cls(lines[0], int(lines[1]), root, note)


PROOF_HEAD = b"c2sp.org/tlog-proof@v1\n"


def known_checkpoint(data: bytes) -> Checkpoint:
    """The checkpoint in a file that was kept elsewhere: a checkpoint, or a ``.tlog-proof``.

    Raises:
        Refused: It is neither.
    """
    if data.startswith(PROOF_HEAD):
        data = data.partition(b"\n\n")[2]
    return Checkpoint.parse(data)


# ---------------------------------------------------------------------------------------------
# Entries: canonical JSON, the common fields
# ---------------------------------------------------------------------------------------------

INTEGERS = 2**53
ENTRY_BYTES = 65535
ZEROS = "0" * 64
REMEMBERED_KEYS = 4096

is_key_name = re.compile("[a-z][a-z0-9_]*").fullmatch
is_hex32 = re.compile("[0-9a-f]{32}").fullmatch
is_hex64 = re.compile("[0-9a-f]{64}").fullmatch
_looks_like_time = re.compile(
    "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}[.][0-9]{6}Z"
).fullmatch


def _no_float(_: str) -> float:
    raise Refused("entry_domain")


_decode = json.JSONDecoder(parse_float=_no_float, parse_constant=_no_float).decode
_encode = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, check_circular=False
).encode
_known_keys: set[str] = set()


def canonical(raw: bytes) -> dict[str, Any]:
    """The object that canonical bytes say.

    Bytes are accepted only if encoding what they say gives the same bytes again. That refuses
    white space, other orders and escapes, duplicate keys, byte order marks, ``-0`` and lone
    surrogates. What survives that and is still not allowed, namely floating-point numbers,
    integers from 2⁵³ on and keys of another form, is refused by looking at every value.

    Raises:
        Refused: They are not exactly the canonical form of an object.
    """
    try:
        text = raw.decode("utf-8")
        value = _decode(text)
        same = _encode(value) == text
    except (ValueError, RecursionError) as error:
        raise Refused("entry_json") from error
    if type(value) is not dict:
        raise Refused("entry_json")
    if not same:
        raise Refused("entry_form")
    _check_domain(value)
    return value


def _check_domain(value: dict[str, Any]) -> None:
    """Refuse integers and keys that no entry can have, at any depth."""
    containers: list[Any] = [value]
    for container in containers:  # grows while it is walked: no recursion
        if type(container) is dict and not container.keys() <= _known_keys:
            _check_keys(container)
        items = container.values() if type(container) is dict else container
        for item in items:
            kind = type(item)
            if kind is str:
                continue
            if kind is dict or kind is list:
                containers.append(item)
            elif kind is int and not -INTEGERS < item < INTEGERS:
                raise Refused("entry_domain")


def _check_keys(container: dict[str, Any]) -> None:
    for key in container:
        if not is_key_name(key):
            raise Refused("entry_domain")
        if len(_known_keys) < REMEMBERED_KEYS:
            _known_keys.add(key)


def is_time(value: object) -> bool:
    """Whether a value is an instant as entries write it."""
    if type(value) is not str or not _looks_like_time(value):
        return False
    try:
        datetime.fromisoformat(value[:-1])
    except ValueError:
        return False
    return True


def _is_count(value: object) -> bool:
    return type(value) is int and value >= 0


def _is_text(value: object) -> bool:
    return type(value) is str


COMMON_FIELDS: tuple[tuple[str, Callable[[Any], object]], ...] = (
    ("v", lambda value: type(value) is int and value == 1),
    ("seq", _is_count),
    ("prev", lambda value: type(value) is str and is_hex64(value)),
    ("time", is_time),
    ("mono_ms", _is_count),
    ("clock", lambda value: value in ("synchronised", "unsynchronised", "unknown")),
    ("station", _is_text),
    ("boot", lambda value: type(value) is str and is_hex32(value)),
    ("actor", _is_text),
    ("act", lambda value: type(value) is str and is_key_name(value)),
)


def read_entry(raw: bytes) -> dict[str, Any]:
    """An entry's fields, its form and its common fields checked.

    Raises:
        Refused: The bytes are no entry.
    """
    fields = canonical(raw)
    for name, holds in COMMON_FIELDS:
        if not holds(fields.get(name)):
            raise Refused("entry_field", field=name)
    return fields


# ---------------------------------------------------------------------------------------------
# The tree: RFC 6962 §2.1
# ---------------------------------------------------------------------------------------------


def leaf_hash(entry: bytes) -> bytes:
    """The hash of an entry as a leaf."""
    return sha256(b"\x00" + entry)


def tree_root(hashes: Iterable[bytes]) -> bytes:
    """The root over leaves, or over the roots of equal complete subtrees and a last lesser one.

    Joining neighbours level by level, a last one without a neighbour going up as it is, gives the
    tree that splits at the largest power of two.
    """
    level = list(hashes)
    if not level:
        return sha256(b"")
    while len(level) > 1:
        joined = [sha256(b"\x01" + level[at] + level[at + 1]) for at in range(0, len(level) - 1, 2)]
        level = joined + level[len(joined) * 2 :]
    return level[0]


def inclusion_root(leaf: bytes, seq: int, size: int, proof: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof (RFC 9162 §2.1.3.2) leads to, None where it is none."""
    place, last, node = seq, size - 1, leaf
    if not 0 <= place <= last:
        return None
    for sibling in proof:
        if last == 0:
            return None
        if place & 1 or place == last:
            node = sha256(b"\x01" + sibling + node)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            node = sha256(b"\x01" + node + sibling)
        place, last = place >> 1, last >> 1
    return node if last == 0 else None


def is_consistent(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether a tree is the beginning of another (RFC 9162 §2.1.4.2)."""
    if old == new:
        return old_root == new_root and not proof
    if not 0 < old < new:
        return False
    hashes = list(proof)
    if old & (old - 1) == 0:  # a complete subtree: its root is not repeated in the proof
        hashes.insert(0, old_root)
    if not hashes:
        return False
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    small = large = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            return False
        if place & 1 or place == last:
            small, large = sha256(b"\x01" + sibling + small), sha256(b"\x01" + sibling + large)
            while place and not place & 1:
                place, last = place >> 1, last >> 1
        else:
            large = sha256(b"\x01" + large + sibling)
        place, last = place >> 1, last >> 1
    return last == 0 and (small, large) == (old_root, new_root)


def read_hashes(text: str) -> list[bytes]:
    """Hashes in base64, a line each.

    Raises:
        Refused: A line is something else.
    """
    lines = text.split("\n")
    hashes = [unbase64(line) or b"" for line in lines[:-1]]
    if lines[-1] or len(hashes) > 128 or any(len(each) != 32 for each in hashes):
        raise Refused("proof_form", why="<base64>\\n …")
    return hashes


def cut_hashes(data: bytes) -> list[bytes]:
    """The hashes of 32 bytes in a tile."""
    return [data[at : at + 32] for at in range(0, len(data), 32)]


# ---------------------------------------------------------------------------------------------
# The log's files: tiles and bundles (C2SP tlog-tiles)
# ---------------------------------------------------------------------------------------------

WIDTH = 256
BUNDLE_BYTES = WIDTH * (2 + ENTRY_BYTES)
TILE_BYTES = WIDTH * 32


def tile_name(index: int, width: int) -> str:
    """The ``<N>[.p/<W>]`` of a tile: 1234067 is ``x001/x234/067``."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    name = "/".join(["x" + group for group in groups[:-1]] + groups[-1:])
    return name if width == WIDTH else f"{name}.p/{width}"


def find_tile(
    folder: str, index: int, width: int, limit: int, narrower: bool = False
) -> tuple[bytes, int] | None:
    """A tile's or bundle's bytes and the width that its file is named for, None without a file.

    Where the wanted width has no file a wider one holds the same and more. A narrower one is
    taken only on demand: it does not hold all that is wanted.

    Raises:
        Refused: The file cannot be read.
    """
    widths = [width]
    if width < WIDTH or narrower:
        names = names_in(os.path.join(folder, tile_name(index, 1)[: -len("/1")]))
        found = sorted(int(name) for name in names if re.fullmatch("[1-9][0-9]{0,2}", name))
        partial = [each for each in found if each < WIDTH]
        widths += [each for each in partial if each > width]
        widths += [WIDTH] if width < WIDTH else []
        widths += [each for each in reversed(partial) if each < width and narrower]
    for each in widths:
        data = read_file(os.path.join(folder, tile_name(index, each)), limit)
        if data is not None:
            return data, each
    return None


def cut_bundle(data: bytes) -> tuple[list[bytes], bool]:
    """The entries of a bundle, and whether it ends where an entry ends."""
    entries: list[bytes] = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            return entries, False
        entries.append(data[at + 2 : end])
        at = end
    return entries, True


# ---------------------------------------------------------------------------------------------
# Bundles, checked by several processes: what is true of a bundle without its neighbours
# ---------------------------------------------------------------------------------------------

KEPT_ACTS = frozenset({"key", "config"})
"""Acts whose entries the run needs whole."""
BUNDLES_PER_JOB = 16


class Link(NamedTuple):
    """What an entry has to do with its neighbours. An empty text is not known."""

    seq: int
    prev: str
    leaf: str
    boot: str = ""
    time: str = ""


BEFORE_THE_FIRST = Link(-1, "", ZEROS)


class Named(NamedTuple):
    """An object that an entry names: ``ingest`` stores it, a ``sighting`` shows it once more."""

    act: str
    seq: int
    recording: str
    sha256: str
    sm3: str
    size: int


class Job(NamedTuple):
    """Bundles to check: those from ``first`` to before ``end`` of a log of ``size`` entries."""

    log: str
    size: int
    first: int
    end: int


class Bundle(NamedTuple):
    """What a bundle, and the tile of level 0 that belongs to it, turned out to be.

    ``leaves`` are the leaf hashes of its entries, those of the tile where the bundle is not whole,
    empty where there are neither. ``differing`` are runs of places where the tile has others.
    """

    number: int
    findings: Sequence[Finding]
    bundle_missing: bool = False
    tile_missing: bool = False
    leaves: bytes = b""
    root: bytes = b""
    tile_root: bytes = b""
    differing: Sequence[tuple[int, int]] = ()
    first: Link | None = None
    last: Link | None = None
    kept: Sequence[tuple[int, bytes]] = ()
    named: Sequence[Named] = ()
    evicted: Sequence[str] = ()
    unreadable_objects: int = 0


def check_bundles(job: Job) -> list[Bundle]:
    """Check bundles one by one. Runs in any process, and reads nothing but these files."""
    return [_BundleCheck(job, index).result() for index in range(job.first, job.end)]


class _BundleCheck:
    """One bundle under examination."""

    def __init__(self, job: Job, index: int) -> None:
        self._log = job.log
        self._size = job.size
        self._index = index
        self._start = index * WIDTH
        self._width = min(WIDTH, job.size - self._start)
        self._findings: list[Finding] = []
        self._leaves: list[bytes] = []
        self._first: Link | None = None
        self._last: Link | None = None
        self._kept: list[tuple[int, bytes]] = []
        self._named: list[Named] = []
        self._evicted: list[str] = []
        self._unreadable_objects = 0

    def result(self) -> Bundle:
        """Check it."""
        bundle_missing = not self._read_bundle()
        tile_missing, tile = self._read_tile()
        whole = len(self._leaves) == self._width
        leaves = self._leaves if whole else tile
        return Bundle(
            self._index,
            self._findings,
            bundle_missing,
            tile_missing,
            b"".join(leaves),
            tree_root(leaves) if leaves else b"",
            tree_root(tile) if tile else b"",
            differing_runs(leaves, tile, self._start) if whole and tile else [],
            self._first,
            self._last,
            self._kept,
            self._named,
            self._evicted,
            self._unreadable_objects,
        )

    def _error(self, check: int, subject: str, message: str, **values: object) -> None:
        self._findings.append(Finding(check, "LOG_INCONSISTENT", subject, message, values))

    def _read_bundle(self) -> bool:
        """Checks 3 and 4 for one bundle; whether there is a file."""
        name = f"tile/entries/{tile_name(self._index, self._width)}"
        folder = os.path.join(self._log, "tile", "entries")
        try:
            found = find_tile(folder, self._index, self._width, BUNDLE_BYTES, narrower=True)
            if found is None:
                return False
        except Refused as why:
            self._error(3, name, why.message, **why.values)
            return True
        entries, complete = cut_bundle(found[0])
        surplus = len(entries) - self._width
        if not complete and surplus < 0:
            self._error(3, name, "bundle_breaks", place=len(entries))
        elif surplus < 0 or (surplus > 0 and found[1] == self._width):
            self._error(3, name, "bundle_count", found=len(entries), expected=self._width)
            for place in range(self._start + self._width, self._start + len(entries)):
                self._error(4, f"entry {place}", "entry_beyond", size=self._size)
        for raw in entries[: self._width]:
            self._read_entry(raw)
        return True

    def _read_entry(self, raw: bytes) -> None:
        leaf = leaf_hash(raw)
        self._leaves.append(leaf)
        expected = self._last.seq + 1 if self._last else self._start
        try:
            fields = read_entry(raw)
        except Refused as why:
            self._error(4, f"entry {expected}", why.message, **why.values)
            self._follow(Link(expected, "", leaf.hex()))
            return
        seq, act = fields["seq"], fields["act"]
        self._follow(Link(seq, fields["prev"], leaf.hex(), fields["boot"], fields["time"]))
        if act in KEPT_ACTS:
            self._kept.append((seq, raw))
        elif act in _NAMING:
            self._note_object(fields)

    def _follow(self, link: Link) -> None:
        if self._last is None:
            self._first = link
        else:
            self._findings += follow(self._last, link)
        self._last = link

    def _note_object(self, fields: dict[str, Any]) -> None:
        """Remember what an ``ingest`` names, and what the landing store let go."""
        try:
            named = read_object(fields)
        except Refused:
            self._unreadable_objects += 1
            return
        if named.act == "ingest" or fields.get("new_recording") is True:
            self._named.append(named)
        elif (fields.get("operation"), fields.get("store")) == ("evict", "landing"):
            self._evicted.append(named.sha256)

    def _read_tile(self) -> tuple[bool, list[bytes]]:
        """The tile of level 0: whether it is missing, and its hashes where it can be read."""
        name = f"tile/0/{tile_name(self._index, self._width)}"
        try:
            hashes = read_tile(os.path.join(self._log, "tile", "0"), self._index, self._width)
        except Refused as why:
            self._error(6, name, why.message, **why.values)
            return False, []
        return hashes is None, hashes or []


_NAMING = frozenset({"ingest", "sighting", "replicate"})


def follow(before: Link, link: Link) -> list[Finding]:
    """What is wrong between an entry and the next one that lies behind it."""
    subject, findings = f"entry {link.seq}", []
    if link.seq > before.seq + 1:
        subject = entries_named(before.seq + 1, link.seq - 1)
        findings.append(_unlinked(subject, "entry_gap", next=link.seq))
    elif link.seq <= before.seq:
        findings.append(_unlinked(subject, "entry_order", before=before.seq))
    elif link.prev and before.leaf and link.prev != before.leaf:
        findings.append(_unlinked(subject, "entry_chain", before=before.seq))
    if link.boot == before.boot != "" and link.time < before.time:
        values = {"time": link.time, "before": before.time}
        findings.append(Finding(8, "CLOCK_WENT_BACK", subject, "clock_back", values, INFORMATION))
    return findings


def _unlinked(subject: str, message: str, **values: object) -> Finding:
    return Finding(4, "LOG_INCONSISTENT", subject, message, values)


def entries_named(first: int, last: int) -> str:
    """How findings call entries."""
    return f"entry {first}" if first == last else f"entries {first} to {last}"


def read_object(fields: Mapping[str, Any]) -> Named:
    """The object that an entry names.

    Raises:
        Refused: It names none, or not as the format says.
    """
    body = fields.get("object")
    if type(body) is not dict:
        raise Refused("entry_field", field="object")
    digest, sm3, size = body.get("sha256"), body.get("sm3", ""), body.get("size_bytes")
    if type(digest) is not str or not is_hex64(digest):
        raise Refused("entry_field", field="object.sha256")
    if type(size) is not int or size < 0:
        raise Refused("entry_field", field="object.size_bytes")
    if type(sm3) is not str or (sm3 and not is_hex64(sm3)):
        raise Refused("entry_field", field="object.sm3")
    return Named(fields["act"], fields["seq"], str(fields.get("recording", "")), digest, sm3, size)


def read_tile(folder: str, index: int, width: int) -> list[bytes] | None:
    """The first ``width`` hashes of a tile, None where there is no file.

    Raises:
        Refused: The file has another size than its name says, or cannot be read.
    """
    found = find_tile(folder, index, width, TILE_BYTES)
    if found is None:
        return None
    data, named = found
    if len(data) != named * 32:
        raise Refused("tile_size", found=len(data), expected=named * 32)
    return cut_hashes(data)[:width]


def differing_runs(ours: list[bytes], theirs: list[bytes], start: int) -> list[tuple[int, int]]:
    """Runs of places, counted from ``start``, at which two lists of hashes differ."""
    if ours == theirs:
        return []
    runs: list[tuple[int, int]] = []
    for place, (one, other) in enumerate(zip(ours, theirs), start):
        if one == other:
            continue
        if runs and runs[-1][1] == place - 1:
            runs[-1] = (runs[-1][0], place)
        else:
            runs.append((place, place))
    return runs


def in_order(jobs: Iterator[Job], processes: int) -> Iterator[Bundle]:
    """The bundles of jobs, in order, checked by several processes; few at a time are in memory.

    Where processes cannot be started, or one of them dies, the work is done here.
    """
    if processes < 2:
        for job in jobs:
            yield from check_bundles(job)
        return
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"))
    waiting: deque[tuple[Job, Any]] = deque()
    try:
        for job in jobs:
            waiting.append((job, _submit(pool, job)))
            if len(waiting) > 4 * processes:
                yield from _outcome(*waiting.popleft())
        while waiting:
            yield from _outcome(*waiting.popleft())
    finally:
        for _, future in waiting:
            if future is not None:
                future.cancel()
        pool.shutdown()


def _submit(pool: ProcessPoolExecutor, job: Job) -> Any:
    try:
        return pool.submit(check_bundles, job)
    except (BrokenExecutor, OSError, RuntimeError):
        return None


def _outcome(job: Job, future: Any) -> list[Bundle]:
    try:
        return check_bundles(job) if future is None else future.result()
    except (BrokenExecutor, OSError):
        return check_bundles(job)


# ---------------------------------------------------------------------------------------------
# The log as a whole: checks 1 to 9
# ---------------------------------------------------------------------------------------------

MISSING_IN_A_ROW = 64
"""So many missing bundles and tiles in a row end the walk: a checkpoint may claim any size."""


class Keys:
    """The keys of a log, read from its ``key`` entries in turn: check 7."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._keys: list[tuple[int, Key]] = []
        self._broken = False

    def read(self, seq: int, fields: Mapping[str, Any]) -> None:
        """Take the next ``key`` entry. Nothing after a wrong one is believed."""
        if self._broken:
            return
        try:
            self._keys.append((seq, self._rotated(seq, fields) if seq else self._first(fields)))
        except Refused as why:
            self._broken = True
            self._run.refuse(7, f"entry {seq}", why, "SIGNATURE")

    def _first(self, fields: Mapping[str, Any]) -> Key:
        key = Key.parse(fields.get("vkey"))
        if fields.get("origin") != key.name:
            raise Refused("other_origin", found=fields.get("origin"), expected=key.name)
        if key.name.rpartition("/")[2] != key.public[:4].hex():
            raise Refused("key_origin", origin=key.name)
        succeeds = fields.get("succeeds")
        if type(succeeds) is dict:
            values = {"origin": succeeds.get("origin"), "size": succeeds.get("size")}
            self._run.add(Finding(7, "LOG_SUCCEEDS", "entry 0", "succeeds", values, INFORMATION))
        return key

    def _rotated(self, seq: int, fields: Mapping[str, Any]) -> Key:
        if not self._keys:
            raise Refused("key_rotation", why="entry 0")
        old, new = self._keys[-1][1], Key.parse(fields.get("vkey"))
        if fields.get("origin") != old.name or new.name != old.name:
            raise Refused("other_origin", found=new.name, expected=old.name)
        if fields.get("previous_vkey") != str(old):
            raise Refused("key_rotation", why="previous_vkey")
        lines = ("evidence-daemon key rotation", old.name, str(seq), str(old), str(new))
        text = "".join(line + "\n" for line in lines).encode()
        for field, key in (("endorsement", old), ("acceptance", new)):
            signature = unbase64(str(fields.get(field)))
            if signature is None or not ed25519_verifies(key.public, text, signature):
                raise Refused("key_rotation", why=field)
        return new

    @property
    def all(self) -> list[Key]:
        """The keys in turn."""
        return [key for _, key in self._keys]

    def at(self, size: int) -> Key | None:
        """The key that signs a checkpoint of a size."""
        return next((key for seq, key in reversed(self._keys) if seq < size), None)

    def finish(self) -> None:
        """Check 7 was made."""
        if not self._keys and not self._broken:
            self._run.error(7, "SIGNATURE", "entry 0", "key_missing")
        self._run.made.add(7)


def check_signature(
    checkpoint: Checkpoint, keys: Keys, run: Run, pinned: Key | None, subject: str = "checkpoint"
) -> None:
    """Check 2: the checkpoint is of the pinned key's log, and signed by the key of its size."""
    run.pinned = pinned is not None
    if pinned and run.first_key and pinned != run.first_key:
        found = run.first_key
        run.error(2, "SIGNATURE", subject, "other_pinned", found=found, pinned=pinned)
        return
    key = keys.at(checkpoint.size) or pinned
    if key is None:
        run.error(2, "SIGNATURE", subject, "not_signed", key="?")
        return
    if key.name != checkpoint.origin:
        values = {"found": checkpoint.origin, "expected": key.name}
        run.error(2, "SIGNATURE", subject, "other_origin", **values)
        return
    try:
        checkpoint.note.verify(key)
    except Refused as why:
        run.refuse(2, subject, why, "SIGNATURE")


class Question(NamedTuple):
    """What a run is asked."""

    key: Key | None
    known: list[Checkpoint]
    digests: tuple[str, ...]
    slow: bool
    processes: int
    progress: Callable[[str], None]
    witnesses: Sequence[Key] = ()


def _is_broken(bundle: Bundle) -> bool:
    """Whether a bundle's file cannot be read to its end: nothing follows from what it lacks."""
    return any(each.check == 3 and each.message != "bundle_count" for each in bundle.findings)


class LogCheck:
    """Checks 1 to 9 over the files of a log, which is walked once."""

    def __init__(self, folder: str, run: Run, question: Question) -> None:
        self._folder = folder
        self._run = run
        self._question = question
        self._keys = Keys(run)
        self._roots: list[bytes] = []
        self._tile_roots: list[bytes] = []
        self._differing: list[tuple[int, int]] = []
        self._leaves: dict[int, bytes] = {}
        self._before = BEFORE_THE_FIRST
        self._gone = {3: 0, 6: 0}
        self._kept = [
            name for name in names_in(os.path.join(folder, "checkpoints")) if is_size(name)
        ]
        sizes = [*(known.size for known in question.known), *map(int, self._kept)]
        self._wanted = {size // WIDTH for size in sizes}

    def walk(self) -> Iterator[Bundle]:
        """Check the log; its bundles come by one after another for whoever wants the entries."""
        checkpoint = self._read_checkpoint()
        if checkpoint is None:
            return
        run = self._run
        run.origin, run.size, run.root = checkpoint.origin, checkpoint.size, checkpoint.root
        for bundle in self._bundles(checkpoint.size):
            self._take(bundle)
            yield bundle
            self._question.progress(f"{min(bundle.number * WIDTH + WIDTH, run.size)} / {run.size}")
        self._finish(checkpoint)

    def _read_checkpoint(self) -> Checkpoint | None:
        """Check 1."""
        self._run.made.add(1)
        try:
            data = read_file(os.path.join(self._folder, "checkpoint"), NOTE_BYTES)
            if data is not None:
                return Checkpoint.parse(data)
            self._run.error(1, "MISSING_FILE", "checkpoint", "no_checkpoint")
        except Refused as why:
            self._run.refuse(1, "checkpoint", why)
        return None

    def _bundles(self, size: int) -> Iterator[Bundle]:
        count = -(-size // WIDTH)
        jobs = (
            Job(self._folder, size, first, min(first + BUNDLES_PER_JOB, count))
            for first in range(0, count, BUNDLES_PER_JOB)
        )
        many = count > 4 * BUNDLES_PER_JOB
        for bundle in in_order(jobs, self._question.processes if many else 1):
            yield bundle
            if min(self._gone.values()) >= MISSING_IN_A_ROW:
                self._before = Link(size - 1, "", "")
                break
        for check in self._gone:
            self._found(check, count, count - len(self._roots))

    # -- bundle by bundle

    def _take(self, bundle: Bundle) -> None:
        for finding in bundle.findings:
            self._run.add(finding)
        for check, missing in ((3, bundle.bundle_missing), (6, bundle.tile_missing)):
            if missing:
                self._gone[check] += 1
            else:
                self._found(check, bundle.number)
        self._chain(bundle)
        for seq, raw in bundle.kept:
            fields = read_entry(raw)
            if fields["act"] == "key":
                self._keys.read(seq, fields)
        self._roots.append(bundle.root)
        self._tile_roots.append(bundle.tile_root)
        self._differing.extend(bundle.differing[: TOLD_PER_KIND - len(self._differing)])
        if bundle.number in self._wanted:
            self._leaves[bundle.number] = bundle.leaves

    def _found(self, check: int, index: int, unseen: int = 0) -> None:
        """Tell of the missing files before the one of this index, or before the end."""
        count = self._gone[check]
        self._gone[check] = 0
        if count:
            first = index - unseen - count
            width = min(WIDTH, self._run.size - first * WIDTH)
            name = f"tile/{'entries' if check == 3 else '0'}/{tile_name(first, width)}"
            message = "missing" if count + unseen == 1 else "missing_and_after"
            after = count + unseen - 1
            self._run.error(check, "MISSING_FILE", name, message, count=after)

    def _chain(self, bundle: Bundle) -> None:
        """Check 4 between bundles. Behind one that cannot be read in full it begins anew."""
        if bundle.first is not None and bundle.last is not None:
            for finding in follow(self._before, bundle.first):
                self._run.add(finding)
            self._before = bundle.last
        if bundle.bundle_missing or _is_broken(bundle):
            self._before = Link((bundle.number + 1) * WIDTH - 1, "", "")

    # -- at the end

    def _finish(self, checkpoint: Checkpoint) -> None:
        run = self._run
        self._keys.finish()
        run.first_key = self._keys.all[0] if self._keys.all else None
        check_signature(checkpoint, self._keys, run, self._question.key)
        self._check_end(checkpoint.size)
        self._check_root_and_tiles(checkpoint)
        for known in self._question.known:
            self._check_known(known, f"known checkpoint of size {known.size}")
        for name in self._kept:
            self._check_kept(name)
        run.made |= {2, 3, 4, 8}
        if self._question.known:
            run.made.add(9)
        if run.failed(3):  # what was not read in full was not checked in full
            run.made &= {1, 2, 3}

    def _check_end(self, size: int) -> None:
        """Check 4 at the end of the log."""
        last = self._before.seq
        if last < size - 1:
            subject = entries_named(last + 1, size - 1)
            self._run.error(4, "LOG_INCONSISTENT", subject, "entry_end", size=size)

    def _check_root_and_tiles(self, checkpoint: Checkpoint) -> None:
        """Checks 5 and 6.

        Where the entries do not make the signed root and the stored tiles of level 0 do, the
        entries that differ from the tiles were changed; else tiles that differ from entries were.
        """
        run, size = self._run, checkpoint.size
        complete = len(self._roots) == -(-size // WIDTH) and all(self._roots)
        if not complete:
            run.skip("unknown_root")
        root = tree_root(self._roots) if complete else checkpoint.root
        run.made |= {5, 6} if complete else set()
        tiles_hold = all(self._tile_roots) and tree_root(self._tile_roots) == checkpoint.root
        if root != checkpoint.root:
            values = {"found": root.hex(), "expected": checkpoint.root.hex()}
            run.error(5, "LOG_INCONSISTENT", "checkpoint", "root", **values)
        for first, last in self._differing:
            if root != checkpoint.root and tiles_hold:
                subject = entries_named(first, last)
                run.error(5, "LOG_INCONSISTENT", subject, "entry_not_tile")
            else:
                self._wrong_tile(0, first // WIDTH, first % WIDTH, size)
        self._check_upper_tiles(size, self._tile_roots if tiles_hold else self._roots)

    def _wrong_tile(self, level: int, index: int, place: int, hashes: int) -> None:
        name = f"tile/{level}/{tile_name(index, min(WIDTH, hashes - index * WIDTH))}"
        self._run.error(6, "LOG_INCONSISTENT", name, "tile_hash", place=place)

    def _check_upper_tiles(self, size: int, roots: list[bytes]) -> None:
        """Check 6 above level 0, as far as the roots of bundles are known."""
        level, hashes = 1, roots[: size // WIDTH]
        while hashes:
            for index in range(-(-len(hashes) // WIDTH)):
                ours = hashes[index * WIDTH : (index + 1) * WIDTH]
                if all(ours) and len(roots) >= size // WIDTH:
                    self._check_upper_tile(level, index, ours, len(hashes))
            whole = range(0, len(hashes) - WIDTH + 1, WIDTH)
            parts = [hashes[at : at + WIDTH] for at in whole]
            hashes = [tree_root(part) if all(part) else b"" for part in parts]
            level += 1

    def _check_upper_tile(self, level: int, index: int, ours: list[bytes], hashes: int) -> None:
        name = f"tile/{level}/{tile_name(index, len(ours))}"
        folder = os.path.join(self._folder, "tile", str(level))
        try:
            stored = read_tile(folder, index, len(ours))
        except Refused as why:
            self._run.refuse(6, name, why)
            return
        if stored is None:
            self._run.error(6, "MISSING_FILE", name, "missing")
        elif stored != ours:
            place = differing_runs(ours, stored, 0)[0][0]
            self._wrong_tile(level, index, place, hashes)

    # -- check 9

    def root_at(self, size: int) -> bytes | None:
        """The root of the first entries, None where it is not known."""
        whole, rest = divmod(size, WIDTH)
        hashes = self._roots[:whole]
        if rest:
            hashes.append(tree_root(cut_hashes(self._leaves.get(whole, b""))[:rest]))
        return tree_root(hashes) if all(hashes) else None

    def _check_kept(self, name: str) -> None:
        """A checkpoint that the log's own folder keeps is of its past as well."""
        subject = f"checkpoints/{name}"
        try:
            kept = Checkpoint.parse(
                read_file(os.path.join(self._folder, subject), NOTE_BYTES) or b""
            )
        except Refused as why:
            self._run.refuse(9, subject, why)
            return
        if kept.size <= self._run.size:  # a later one is of a log that has grown meanwhile
            self._check_known(kept, subject)

    def _check_known(self, known: Checkpoint, subject: str) -> None:
        run = self._run
        if self._is_wrongly_signed(known, subject):
            return
        if known.origin != run.origin:
            run.error(9, "ROLLED_BACK", subject, "known_origin", found=known.origin)
        elif known.size > run.size:
            run.error(9, "ROLLED_BACK", subject, "known_bigger", size=run.size)
        elif self.root_at(known.size) not in (None, known.root):
            run.error(9, "ROLLED_BACK", subject, "known_root")

    def _is_wrongly_signed(self, known: Checkpoint, subject: str) -> bool:
        """Whether a signature by a key of the log is wrong: then what it says counts nothing."""
        pinned = [self._question.key] if self._question.key else []
        keys = [key for key in {*self._keys.all, *pinned} if known.note.names(key)]
        if not keys:
            self._run.skip("stranger", subject=subject)
        for key in keys:
            try:
                known.note.verify(key)
            except Refused as why:
                self._run.refuse(9, subject, why, "SIGNATURE")
                return True
        return False


# ---------------------------------------------------------------------------------------------
# Objects: checks 11 to 13
# ---------------------------------------------------------------------------------------------

BLOCK_BYTES = 1 << 20


def file_digests(path: str, names: Sequence[str]) -> dict[str, str]:
    """Digests of a file, all in one pass, in hexadecimal.

    Raises:
        OSError: It cannot be read.
    """
    digests = {name: new_digest(name) for name in names}
    buffer = memoryview(bytearray(BLOCK_BYTES))
    with open(path, "rb", buffering=0) as file:
        while True:
            length = file.readinto(buffer)
            if not length:
                break
            for digest in digests.values():
                digest.update(buffer[:length])
    return {name: digest.hexdigest() for name, digest in digests.items()}


def size_of_regular(path: str) -> int | None:
    """The size of a regular file, None where there is nothing.

    Raises:
        Refused: It is something else, a link for example.
    """
    try:
        found = os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise Refused("unreadable", reason=_reason(error)) from error
    if not stat.S_ISREG(found.st_mode):
        raise Refused("no_file")
    return found.st_size


class Readers:
    """Threads that hash files: hashlib lets other threads run meanwhile. Few wait at a time."""

    def __init__(self, question: Question, run: Run) -> None:
        self._names = question.digests
        self._slow = question.slow or has_fast_sm3()
        self._run = run
        workers = os.cpu_count() or 1
        self._pool = ThreadPoolExecutor(workers)
        self._room = threading.BoundedSemaphore(workers * 64)
        self._found: list[Finding] = []  # readers only append, which needs no lock
        self._left_out = 0

    def read(
        self, path: str, size: int, expected: Mapping[str, str], told: Callable[..., Finding]
    ) -> None:
        """Have a file hashed, and a finding made by ``told`` where it differs or is unreadable."""
        names = [name for name in self._names if expected.get(name)]
        if "sm3" in names and not self._slow and size > SLOW_SM3_LIMIT:
            names.remove("sm3")
            self._left_out += 1
        self._room.acquire()
        self._pool.submit(self._read, path, names, expected, told)

    def _read(
        self,
        path: str,
        names: list[str],
        expected: Mapping[str, str],
        told: Callable[..., Finding],
    ) -> None:
        try:
            found = file_digests(path, names)
            for name in names:
                if found[name] != expected[name]:
                    values = {"name": name, "found": found[name], "expected": expected[name]}
                    self._found.append(told("object_digest", values))
        except OSError as error:
            self._found.append(told("unreadable", {"reason": _reason(error)}))
        finally:
            self._room.release()

    def finish(self) -> None:
        """Wait for all of them."""
        self._pool.shutdown()
        for finding in sorted(self._found, key=lambda each: (each.check, each.subject)):
            self._run.add(finding)
        if self._left_out:
            self._run.skip("sm3_slow", count=self._left_out)
        if "sm3" not in self._names:
            self._run.skip("sm3")


class ObjectCheck:
    """The objects of an archive against the entries that name them."""

    def __init__(self, folder: str, run: Run, question: Question) -> None:
        self._folder = folder
        self._run = run
        self._readers = Readers(question, run)
        self._logged: set[bytes] = set()
        self._missing: dict[str, int] = {}
        self._evicted: set[str] = set()
        self._odd = 0

    def take(self, bundle: Bundle) -> None:
        """See a bundle of the log pass by."""
        self._evicted.update(bundle.evicted)
        self._odd += bundle.unreadable_objects
        for named in bundle.named:
            if named.act == "ingest":
                self._check(named)

    def _check(self, named: Named) -> None:
        self._run.objects += 1
        self._run.object_bytes += named.size
        self._logged.add(bytes.fromhex(named.sha256))
        subject = f"objects/{named.sha256[:2]}/{named.sha256}"
        path = os.path.join(self._folder, named.sha256[:2], named.sha256)

        def told(message: str, values: Mapping[str, object]) -> Finding:
            whole = {"seq": named.seq, "expected": named.size, **values}
            return Finding(12, "DIGEST_MISMATCH", subject, message, whole)

        try:
            size = size_of_regular(path)
        except Refused as why:
            self._run.add(told(why.message, why.values))
            return
        if size is None:
            self._missing[named.sha256] = named.seq
        elif size != named.size:
            self._run.add(told("object_size", {"found": size}))
        else:
            expected = {"sha256": named.sha256, "sm3": named.sm3}
            self._readers.read(path, size, expected, told)

    def finish(self) -> None:
        """Wait for the readers; then say what is missing or should not be there."""
        run = self._run
        self._readers.finish()
        run.made |= {11, 12}
        for digest, seq in sorted(self._missing.items()):
            if digest not in self._evicted:
                subject = f"objects/{digest[:2]}/{digest}"
                run.error(11, "MISSING_FILE", subject, "object_missing", seq=seq)
                run.made.discard(12)
        away = len(self._evicted & self._missing.keys())
        if away:
            run.skip("evicted", count=away)
        if self._odd:
            run.skip("odd_objects", count=self._odd)
        if run.failed(*range(1, 9)):
            run.made -= {11, 12}
            run.skip("unlogged")
        else:
            run.made.add(13)
            self._check_unlogged()

    def _check_unlogged(self) -> None:
        """Check 13."""
        for group in names_in(self._folder):
            for name in names_in(os.path.join(self._folder, group)):
                known = is_hex64(name) and bytes.fromhex(name) in self._logged
                if not (known and name[:2] == group):
                    subject = f"objects/{group}/{name}"
                    self._run.add(
                        Finding(13, "UNLOGGED_OBJECT", subject, "object_unlogged", {}, WARNING)
                    )


# ---------------------------------------------------------------------------------------------
# Timestamp tokens: what an RFC 3161 response stamps, read from its DER and no further
# ---------------------------------------------------------------------------------------------

TOKEN_BYTES = 1 << 20
SIGNED_DATA = bytes.fromhex("2a864886f70d010702")
TST_INFO = bytes.fromhex("2a864886f70d0109100104")
IMPRINT_DIGESTS = {
    bytes.fromhex("608648016503040201"): "sha256",
    bytes.fromhex("608648016503040202"): "sha384",
    bytes.fromhex("608648016503040203"): "sha512",
    bytes.fromhex("2a811ccf55018311"): "sm3",
}
SEQUENCE, OBJECT_ID, OCTETS, TAGGED_0, INTEGER, SET = 0x30, 0x06, 0x04, 0xA0, 0x02, 0x31


def der_items(data: bytes) -> list[tuple[int, bytes]]:
    """The items in a DER value, as (tag, content).

    Raises:
        Refused: It is none.
    """
    items, at = [], 0
    while at < len(data):
        tag, length, at = data[at], data[at + 1 : at + 2], at + 2
        if not length or tag & 31 == 31:
            raise Refused("token_form")
        size = length[0]
        if size & 128:
            width = size & 127
            size = int.from_bytes(data[at : at + width], "big")
            at += width
            if not 0 < width <= 4 or size < 128:
                raise Refused("token_form")
        if at + size > len(data):
            raise Refused("token_form")
        items.append((tag, data[at : at + size]))
        at += size
    return items


def der_path(data: bytes, *steps: tuple[int, int]) -> bytes:
    """The content reached by steps of (place, tag), each into what the last one found.

    Raises:
        Refused: There is no such item.
    """
    for place, tag in steps:
        items = der_items(data)
        if place >= len(items) or items[place][0] != tag:
            raise Refused("token_form")
        data = items[place][1]
    return data


def token_imprint(response: bytes) -> tuple[bytes, bytes]:
    """The algorithm (an object id) and the digest that a timestamp response is over.

    Raises:
        Refused: The bytes are no granted response with a token.
    """
    status = der_path(response, (0, SEQUENCE), (0, SEQUENCE), (0, INTEGER))
    content = der_path(response, (0, SEQUENCE), (1, SEQUENCE))
    signed = der_path(content, (1, TAGGED_0), (0, SEQUENCE), (2, SEQUENCE))
    info = der_path(signed, (1, TAGGED_0), (0, OCTETS), (0, SEQUENCE), (2, SEQUENCE))
    kinds = der_path(content, (0, OBJECT_ID)), der_path(signed, (0, OBJECT_ID))
    if status not in (b"\x00", b"\x01") or kinds != (SIGNED_DATA, TST_INFO):
        raise Refused("token_form")
    return der_path(info, (0, SEQUENCE), (0, OBJECT_ID)), der_path(info, (1, OCTETS))


# ---------------------------------------------------------------------------------------------
# Evidence packages and audit packs: bags (RFC 8493) with a proof inside
# ---------------------------------------------------------------------------------------------

MANIFEST_BYTES = 256 << 20
INDEX_BYTES = 64 << 20
BAG_DECLARATION = re.compile(
    rb"BagIt-Version: 1\.0\r?\nTag-File-Character-Encoding: UTF-8(\r?\n)?"
).fullmatch
TAG_MANIFEST = "tagmanifest-sha256.txt"
INDEX = "proof/package.json"
TAG_FILES = {
    "bagit.txt", "bag-info.txt", "manifest-sha256.txt", "manifest-sm3.txt", "README.txt",
    "verify.py", "verify.html", "custody.html", "custody.json", INDEX,
}  # fmt: skip
"""The files of every package beside its payload and its proof."""


class Bag:
    """A bag: check 18, and the digests that its manifests state."""

    def __init__(self, folder: str, run: Run, question: Question) -> None:
        self._folder = folder
        self._run = run
        self._question = question
        self.stated: dict[str, dict[str, str]] = {}

    def path(self, name: str) -> str:
        """Where a file of the bag lies."""
        return os.path.join(self._folder, *name.split("/"))

    def read(self, name: str, limit: int) -> bytes:
        """A file of the bag.

        Raises:
            Refused: It is missing, or cannot be read.
        """
        data = read_file(self.path(name), limit)
        if data is None:
            raise Refused("missing")
        return data

    def check(self) -> None:
        """Every file that a manifest names is there with its digest, and no other file is."""
        self._run.made.add(18)
        self._read_manifest("manifest-sha256.txt", "sha256", payload=True)
        self._read_manifest(TAG_MANIFEST, "sha256", payload=False)
        if os.path.lexists(self.path("manifest-sm3.txt")):
            self._read_manifest("manifest-sm3.txt", "sm3", payload=True)
        readers = Readers(self._question, self._run)
        for name, digests in self.stated.items():
            self._check_file(readers, name, digests)
        readers.finish()
        try:
            if not BAG_DECLARATION(self.read("bagit.txt", 1024)):
                raise Refused("bag_form")
        except Refused as why:
            self._wrong("bagit.txt", why)
        for name in self._all_files():
            if name not in self.stated and name != TAG_MANIFEST:
                self._run.error(18, "BAG_MISMATCH", name, "bag_extra")

    def _wrong(self, subject: str, why: Refused) -> None:
        code = "MISSING_FILE" if why.message == "missing" else "BAG_MISMATCH"
        self._run.refuse(18, subject, why, code)

    def _read_manifest(self, manifest: str, digest: str, *, payload: bool) -> None:
        try:
            text = self.read(manifest, MANIFEST_BYTES).decode("utf-8")
        except Refused as why:
            self._wrong(manifest, why)
            return
        except UnicodeDecodeError:
            self._wrong(manifest, Refused("bag_line", line="UTF-8"))
            return
        for line in text.replace("\r\n", "\n").split("\n"):
            if line:
                self._read_line(manifest, digest, line, payload=payload)

    def _read_line(self, manifest: str, digest: str, line: str, *, payload: bool) -> None:
        found = re.fullmatch("([0-9a-f]{64})[ \t]+[*]?(.+)", line)
        name = _decoded(found.group(2)) if found else ""
        if found is None or not is_inside(name) or name.startswith("data/") is not payload:
            self._wrong(manifest, Refused("bag_line", line=line[:80]))
        elif digest in self.stated.setdefault(name, {}):
            self._wrong(manifest, Refused("bag_twice", path=name))
        else:
            self.stated[name][digest] = found.group(1)

    def _check_file(self, readers: Readers, name: str, digests: Mapping[str, str]) -> None:
        def told(message: str, values: Mapping[str, object]) -> Finding:
            message = "bag_digest" if message == "object_digest" else message
            return Finding(18, "DIGEST_MISMATCH", name, message, values)

        try:
            size = size_of_regular(self.path(name))
            if size is None:
                raise Refused("missing")
        except Refused as why:
            self._wrong(name, why)
            return
        if "sha256" not in digests:
            self._wrong(name, Refused("bag_extra"))
        readers.read(self.path(name), size, digests, told)

    def _all_files(self) -> Iterator[str]:
        """Every name in the bag that is no folder; a link to a folder is one too."""
        for place, folders, files in os.walk(self._folder):
            links = [name for name in folders if os.path.islink(os.path.join(place, name))]
            inner = os.path.relpath(place, self._folder).split(os.sep)
            for name in sorted([*files, *links]):
                yield "/".join([*(part for part in inner if part != "."), name])


def _decoded(name: str) -> str:
    return re.sub("%(0[Aa]|0[Dd]|25)", lambda found: chr(int(found.group(1), 16)), name)


def is_inside(name: str) -> bool:
    """Whether a name stays inside the folder that it is taken from, on any system."""
    return all(
        part not in ("", ".", "..")
        and not set("\\\0") & set(part)
        and not os.path.splitdrive(part)[0]
        for part in name.split("/")
    )


class ObjectList:
    """The objects that a log names, as an audit pack lists them, and the sample of a seed."""

    def __init__(self) -> None:
        self.stored: dict[str, Named] = {}
        self._recordings: dict[str, list[str]] = {}

    def take(self, bundle: Bundle) -> None:
        """See a bundle of the log pass by."""
        for named in bundle.named:
            if named.act == "ingest":
                self.stored.setdefault(named.sha256, named)
            recordings = self._recordings.setdefault(named.sha256, [])
            if named.sha256 in self.stored and named.recording not in recordings:
                recordings.append(named.recording)

    def table(self) -> bytes:
        """The bytes of ``objects.tsv``."""
        lines = ["sha256\tsm3\tsize_bytes\tseq\trecordings\n"]
        for digest, named in self.stored.items():
            recordings = ",".join(self._recordings[digest])
            cells = (digest, named.sm3 or "-", str(named.size), str(named.seq), recordings)
            lines.append("\t".join(cells) + "\n")
        return "".join(lines).encode("utf-8", "replace")

    def sample(self, seed: str, count: int) -> list[str]:
        """The first ``count`` objects by the rank that a seed gives them."""
        salt = seed.encode("utf-8", "replace") + b"\0"
        return sorted(self.stored, key=lambda each: sha256(salt + each.encode()))[: max(0, count)]


class PackageCheck:
    """A bag with ``proof/``: an evidence package, or an audit pack."""

    def __init__(self, folder: str, run: Run, question: Question) -> None:
        self._folder = folder
        self._run = run
        self._question = question
        self._bag = Bag(folder, run, question)
        self._keys = Keys(run)
        self._entries: dict[int, dict[str, Any]] = {}
        self._leaves: dict[int, bytes] = {}
        self._roots: dict[int, bytes] = {}

    def check(self) -> None:
        """All of it."""
        self._bag.check()
        try:
            index = canonical(self._bag.read(INDEX, INDEX_BYTES))
        except Refused as why:
            missing = why.message == "missing"
            self._run.refuse(18, INDEX, why, "MISSING_FILE" if missing else "MALFORMED_INDEX")
            return
        if index.get("kind") == "audit_pack":
            self._check_audit_pack(index)
        else:
            self._check_evidence(index)

    def _wrong_index(self, what: str) -> None:
        self._run.error(18, "BAG_MISMATCH", INDEX, "index_says", what=what)

    def _check_claims(self, index: Mapping[str, Any], claims: Mapping[str, object]) -> None:
        """What the index claims in passing is so."""
        for what, expected in claims.items():
            if index.get(what) != expected:
                self._wrong_index(what)

    def _check_expected(self, expected: set[str], folders: tuple[str, ...] = ()) -> None:
        """No file is in the bag that has no business there, though a manifest names it."""
        for name in self._bag.stated:
            if name not in expected | TAG_FILES and not name.startswith(folders):
                self._run.error(18, "BAG_MISMATCH", name, "not_expected")

    # -- audit packs

    def _check_audit_pack(self, index: Mapping[str, Any]) -> None:
        """Checks 1 to 9 over the log inside; 11 and 12 for the objects of the sample."""
        run, objects = self._run, ObjectList()
        rules: dict[str, Any] = {}
        for bundle in LogCheck(self._bag.path("data/log"), run, self._question).walk():
            objects.take(bundle)
            for _, raw in bundle.kept:
                fields = read_entry(raw)
                if fields["act"] == "config" and type(fields.get("rules")) is dict:
                    rules = fields["rules"]
        if not run.root:
            return
        run.objects = len(objects.stored)
        run.object_bytes = sum(named.size for named in objects.stored.values())
        claims = {"origin": run.origin, "size": run.size, "objects": run.objects}
        self._check_claims(index, {**claims, "vkey": str(run.first_key)})
        if self._stated("data/objects.tsv") != sha256(objects.table()).hex():
            run.error(18, "BAG_MISMATCH", "data/objects.tsv", "object_list")
        self._check_sample(index, objects)
        self._check_rules(rules)

    def _stated(self, name: str) -> str:
        return self._bag.stated.get(name, {}).get("sha256", "")

    def _check_sample(self, index: Mapping[str, Any], objects: ObjectList) -> None:
        """The sample is the one that the seed draws, and its objects are whole."""
        said = index.get("sample")
        said = said if type(said) is dict else {}
        seed, count, listed = str(said.get("seed")), said.get("count"), said.get("objects")
        drawn = objects.sample(seed, count if type(count) is int else 0)
        if drawn != listed:
            self._run.error(18, "BAG_MISMATCH", INDEX, "sample", seed=seed)
        both = [digest for digest in drawn if digest in _texts(listed)]
        names = {f"data/objects/{digest[:2]}/{digest}": digest for digest in both}
        self._check_expected({"data/objects.tsv", *names}, ("data/log/", "data/rules/"))
        for name, digest in names.items():
            named, subject = objects.stored[digest], name[len("data/") :]
            if name not in self._bag.stated or not os.path.lexists(self._bag.path(name)):
                self._run.error(11, "MISSING_FILE", subject, "object_missing", seq=named.seq)
            else:
                expected = {"sha256": named.sha256, "sm3": named.sm3}
                self._compare(name, subject, named.seq, expected)
        self._run.made |= {11, 12}
        self._run.skip("sample")

    def _check_rules(self, rules: Mapping[str, Any]) -> None:
        for name in self._bag.stated:
            logged = rules.get(name[len("data/rules/") :])
            if name.startswith("data/rules/") and self._stated(name) != logged:
                self._run.error(18, "DIGEST_MISMATCH", name, "rule_file")

    # -- evidence packages

    def _check_evidence(self, index: Mapping[str, Any]) -> None:
        run = self._run
        try:
            note = self._bag.read("proof/checkpoint", NOTE_BYTES)
            checkpoint = Checkpoint.parse(note)
        except Refused as why:
            missing = why.message == "missing"
            run.refuse(
                1, "proof/checkpoint", why, "MISSING_FILE" if missing else "LOG_INCONSISTENT"
            )
            run.made.add(1)
            return
        run.origin, run.size, run.root = checkpoint.origin, checkpoint.size, checkpoint.root
        self._roots[checkpoint.size] = checkpoint.root
        self._read_entries(index)
        self._keys.finish()
        run.first_key = self._keys.all[0] if self._keys.all else None
        check_signature(checkpoint, self._keys, run, self._question.key, "proof/checkpoint")
        self._check_inclusion(checkpoint, note)
        self._check_anchors(index, checkpoint)
        for recording in _records(index.get("recordings")):
            self._check_recording(recording)
        self._check_index(index, checkpoint)
        for known in self._question.known:
            self._check_known(known)
        run.made |= {1, 2, 4, 11, 12, 17}
        run.skip("rest_of_log")

    def _read_entries(self, index: Mapping[str, Any]) -> None:
        """Check 4, and 7 by the way: entries in order, and chained where neighbours are there."""
        before: Link | None = None
        for seq in _numbers(index.get("entries")):
            try:
                raw = self._bag.read(f"proof/entries/{seq}.json", ENTRY_BYTES)
                self._leaves[seq] = leaf = leaf_hash(raw)
                fields = read_entry(raw)
                if fields["seq"] != seq:
                    raise Refused("entry_number", found=fields["seq"])
            except Refused as why:
                missing = why.message == "missing"
                code = "MISSING_FILE" if missing else "LOG_INCONSISTENT"
                self._run.refuse(4, f"entry {seq}", why, code)
                continue
            self._entries[seq] = fields
            link = Link(seq, fields["prev"], leaf.hex(), fields["boot"], fields["time"])
            for finding in follow(before or BEFORE_THE_FIRST, link):
                if finding.message != "entry_gap":  # the others are not in the package
                    self._run.add(finding)
            before = link
            if fields["act"] == "key":
                self._keys.read(seq, fields)

    def _check_inclusion(self, checkpoint: Checkpoint, note: bytes) -> None:
        """Check 17."""
        for seq, leaf in self._leaves.items():
            try:
                proof = self._bag.read(f"proof/entries/{seq}.tlog-proof", NOTE_BYTES)
                hashes = read_proof(proof, seq, note)
                if inclusion_root(leaf, seq, checkpoint.size, hashes) != checkpoint.root:
                    raise Refused("proof_wrong")
            except Refused as why:
                missing = why.message == "missing"
                code = "MISSING_FILE" if missing else "LOG_INCONSISTENT"
                self._run.refuse(17, f"entry {seq}", why, code)

    def _check_index(self, index: Mapping[str, Any], checkpoint: Checkpoint) -> None:
        """The index claims nothing that the rest does not show, and no file is without a place."""
        first = self._run.first_key
        claims = {"kind": "evidence_package", "origin": checkpoint.origin, "size": checkpoint.size}
        self._check_claims(index, {**claims, "vkey": str(first)} if first else claims)
        expected = {"proof/checkpoint"}
        for seq in _numbers(index.get("entries")):
            expected |= {f"proof/entries/{seq}.json", f"proof/entries/{seq}.tlog-proof"}
        for anchor in _records(index.get("anchors")):
            folder = f"proof/anchors/{anchor.get('size')}"
            tokens = {f"{folder}/{each}.tsr" for each in _texts(anchor.get("tokens"))}
            expected |= {f"{folder}/checkpoint", f"{folder}/consistency", *tokens}
        recorded = {str(one.get("path")) for one in _records(index.get("recordings"))}
        self._check_expected(expected | recorded, ("proof/authorities/",))

    # -- anchors: checks 15 and 16

    def _check_anchors(self, index: Mapping[str, Any], checkpoint: Checkpoint) -> None:
        stamped = False
        notes = [("proof/checkpoint", checkpoint.note)]
        anchors: dict[int, Checkpoint] = {}
        for anchor in _records(index.get("anchors")):
            size, tokens = anchor.get("size"), anchor.get("tokens")
            folder = f"proof/anchors/{size}"
            tokens = [each for each in _texts(tokens) if _is_authority(each)]
            try:
                earlier = self._anchored(folder, size, checkpoint)
            except Refused as why:
                self._run.refuse(9, folder, why, _ANCHOR_CODES.get(why.message, "LOG_INCONSISTENT"))
                continue
            notes.append((folder, earlier.note))
            anchors[earlier.size] = earlier
            for authority in tokens:
                stamped = True
                self._check_token(f"{folder}/{authority}.tsr", earlier, authority)
        if stamped:
            self._run.made.add(15)
            self._run.skip("token_signature")
        self._check_vouched(index, anchors)
        self._check_witnesses(notes)

    def _anchored(self, folder: str, size: object, checkpoint: Checkpoint) -> Checkpoint:
        """An earlier checkpoint, shown to be signed by the log and to be of its past."""
        earlier = Checkpoint.parse(self._bag.read(f"{folder}/checkpoint", NOTE_BYTES))
        if (earlier.origin, earlier.size) != (checkpoint.origin, size):
            raise Refused("index_says", what="size")
        key = self._keys.at(earlier.size)
        if key:
            earlier.note.verify(key)
        proof = b""
        if earlier.size != checkpoint.size:
            proof = self._bag.read(f"{folder}/consistency", NOTE_BYTES)
        hashes = read_hashes(proof.decode("ascii", "replace"))
        root, size_now = checkpoint.root, checkpoint.size
        if not is_consistent(earlier.size, earlier.root, size_now, root, hashes):
            raise Refused("consistency_wrong")
        self._roots[earlier.size] = earlier.root
        return earlier

    def _check_token(self, path: str, stamped: Checkpoint, authority: str) -> None:
        """Check 15 for one token: it is over this checkpoint, and is the one that was logged."""
        try:
            data = self._bag.read(path, TOKEN_BYTES)
            algorithm, digest = token_imprint(data)
            name = IMPRINT_DIGESTS.get(algorithm)
            if name is None:
                self._run.skip("token_digest", path=path)
                return
            found = new_digest(name)
            found.update(stamped.note.text.encode())
            if found.hexdigest() != digest.hex():
                raise Refused("token_imprint")
            for seq, fields in self._entries.items():
                ours = (fields["act"], fields.get("size"), fields.get("authority"))
                if ours == ("stamp", stamped.size, authority):
                    if fields.get("token_sha256") == sha256(data).hex():
                        return
                    raise Refused("token_entry", seq=seq)
        except Refused as why:
            missing = why.message == "missing"
            self._run.refuse(15, path, why, "MISSING_FILE" if missing else "TIMESTAMP")

    def _check_vouched(self, index: Mapping[str, Any], anchors: Mapping[int, Checkpoint]) -> None:
        """Check 16: what ``witness`` entries say was cosigned is there, cosigned."""
        named = _numbers([anchor.get("size") for anchor in _records(index.get("anchors"))])
        refused = set(named) - anchors.keys()  # check 9 says so
        for seq, fields in self._entries.items():
            size, root = fields.get("size"), fields.get("root")
            if fields["act"] != "witness" or type(size) is not int or size in refused:
                continue
            try:
                key = Key.parse(fields.get("vkey"), WITNESS_KEY)
            except Refused:
                continue  # of another sort
            name, anchor = f"proof/anchors/{size}/checkpoint", anchors.get(size)
            if anchor is None:
                self._run.error(16, "MISSING_FILE", name, "vouched_missing", seq=seq)
            elif anchor.root.hex() != root:
                self._run.error(16, "LOG_INCONSISTENT", name, "vouched_root", seq=seq)
            elif not anchor.note.names(key):
                self._run.error(16, "SIGNATURE", name, "vouched_line", seq=seq, key=key)

    def _check_witnesses(self, notes: Sequence[tuple[str, Note]]) -> None:
        """Check 16: by the keys that were given, and by those that ``witness`` entries claim."""
        claimed = []
        for fields in self._entries.values():
            if fields["act"] == "witness":
                try:
                    claimed.append(Key.parse(fields.get("vkey"), WITNESS_KEY))
                except Refused:
                    continue  # of another sort
        for key in dict.fromkeys([*self._question.witnesses, *claimed]):
            times = []
            for subject, note in notes:
                try:
                    times.append(cosigned_at(note, key))
                except Refused as why:
                    self._run.refuse(16, subject, why, "SIGNATURE")
            if key in self._question.witnesses:
                if any(time is not None for time in times):
                    self._run.made.add(16)
                else:
                    self._run.skip("no_cosignature", key=key)
        if not self._question.witnesses:
            self._run.skip("witness")

    # -- recordings: checks 11 and 12

    def _check_recording(self, said: Mapping[str, Any]) -> None:
        run, path, seq = self._run, str(said.get("path")), said.get("seq")
        run.objects += 1
        if (
            path not in self._bag.stated
            or not os.path.isfile(self._bag.path(path))
            or os.path.islink(self._bag.path(path))
        ):
            run.error(11, "MISSING_FILE", path, "missing")
            return
        fields = self._entries.get(seq) if type(seq) is int else None
        try:
            if fields is None or not _takes_in(fields, said.get("recording")):
                raise Refused("recording_entry", seq=seq)
            named = read_object(fields)
            of = f"{fields.get('recorder')}\0{named.sha256}".encode("utf-8", "replace")
            if sha256(of).hex()[:32] != said.get("recording"):
                raise Refused("recording_id")
        except Refused as why:
            run.refuse(17, f"recording {said.get('recording')}", why)
            return
        logged = {"sha256": named.sha256, "sm3": named.sm3, "size_bytes": named.size}
        for name, value in logged.items():
            if said.get(name, "") != value:
                values = {"name": name, "found": said.get(name), "seq": seq, "expected": value}
                run.error(12, "DIGEST_MISMATCH", INDEX, "object_digest", **values)
        run.object_bytes += named.size
        size = os.lstat(self._bag.path(path)).st_size
        if size != named.size:
            values = {"seq": named.seq, "found": size, "expected": named.size}
            run.error(12, "DIGEST_MISMATCH", path, "object_size", **values)
        self._compare(path, path, named.seq, {"sha256": named.sha256, "sm3": named.sm3})

    def _compare(self, path: str, subject: str, seq: int, expected: Mapping[str, str]) -> None:
        """Check 12: the manifests state what the entry says, and the bytes are what they state."""
        for name, found in self._bag.stated.get(path, {}).items():
            if expected.get(name) not in ("", found):
                values = {"name": name, "found": found, "seq": seq, "expected": expected[name]}
                self._run.error(12, "DIGEST_MISMATCH", subject, "object_digest", **values)
        for finding in list(self._run.findings):
            if (finding.check, finding.subject, finding.message) == (18, path, "bag_digest"):
                self._run.add(finding._replace(check=12, subject=subject))

    # -- check 9

    def _check_known(self, known: Checkpoint) -> None:
        """A known checkpoint against the checkpoints in the package, where sizes are the same."""
        run, subject = self._run, f"known checkpoint of size {known.size}"
        if known.origin != run.origin:
            run.error(9, "ROLLED_BACK", subject, "known_origin", found=known.origin)
        elif known.size not in self._roots:
            run.skip("known_elsewhere", subject=subject)
            return
        elif self._roots[known.size] != known.root:
            run.error(9, "ROLLED_BACK", subject, "known_root")
        run.made.add(9)


def read_proof(data: bytes, seq: int, note: bytes) -> list[bytes]:
    """The hashes of a ``.tlog-proof`` of an entry under a checkpoint.

    Raises:
        Refused: It is none, or of another entry or checkpoint.
    """
    text, gap, checkpoint = data.partition(b"\n\n")
    lines = text.decode("ascii", "replace").split("\n")
    if not gap or checkpoint != note:
        raise Refused("proof_form", why="checkpoint")
    if len(lines) < 2 or lines[0] + "\n" != PROOF_HEAD.decode() or lines[1] != f"index {seq}":
        raise Refused("proof_form", why=f"index {seq}")
    return read_hashes("".join(line + "\n" for line in lines[2:]))


def _records(value: object) -> list[dict[str, Any]]:
    return [each for each in value if type(each) is dict] if type(value) is list else []


def _numbers(value: object) -> list[int]:
    """The numbers of entries in a list, ascending."""
    numbers = value if type(value) is list else []
    return sorted({each for each in numbers if type(each) is int and each >= 0})


def _texts(value: object) -> list[str]:
    return [each for each in value if type(each) is str] if type(value) is list else []


def _is_authority(text: str) -> bool:
    return bool(re.fullmatch("[a-z0-9][a-z0-9._-]{0,63}", text))


_ANCHOR_CODES = {
    "missing": "MISSING_FILE",
    "not_signed": "SIGNATURE",
    "wrong_signature": "SIGNATURE",
    "consistency_wrong": "ROLLED_BACK",
}
"""What is wrong with an anchor, by the sentence that says so."""


def _takes_in(fields: Mapping[str, Any], recording: object) -> bool:
    """Whether an entry is the one by which a recording came into the archive."""
    act = fields["act"]
    new = act == "ingest" or (act == "sighting" and fields.get("new_recording") is True)
    return new and fields.get("recording") == recording


# ---------------------------------------------------------------------------------------------
# What lies in the folder, and the report
# ---------------------------------------------------------------------------------------------


def verify(folder: str, question: Question) -> Run:
    """Verify whatever a folder holds."""
    run = Run()
    inside = set(names_in(folder))
    if "log" not in inside and "log" in names_in(os.path.join(folder, "archive")):
        folder = os.path.join(folder, "archive")  # what ``evd init`` makes
        inside = set(names_in(folder))
    if {"bagit.txt", "proof"} & inside:
        PackageCheck(folder, run, question).check()
    elif "log" in inside:
        verify_archive(folder, run, question)
    elif inside & {"checkpoint", "tile"}:
        verify_log(folder, run, question)
    else:
        run.error(1, "NOT_AN_ARCHIVE", folder, "nothing_here")
    run.skip("bodies")
    run.skip("catalog")
    if not question.known:
        run.skip("known")
    if 15 not in run.made and 16 not in run.made:
        run.skip("times")
    if run.ok and not run.pinned:
        named = {"key": run.first_key}
        run.add(Finding(2, "ORIGIN_NOT_PROVEN", "checkpoint", "not_pinned", named, WARNING))
    run.finish()
    return run


def verify_log(folder: str, run: Run, question: Question) -> None:
    """Checks 1 to 9 of a log folder."""
    for _ in LogCheck(folder, run, question).walk():
        pass
    run.skip("no_objects")


def verify_archive(folder: str, run: Run, question: Question) -> None:
    """Checks 1 to 9 and 11 to 13 of an archive."""
    objects = ObjectCheck(os.path.join(folder, "objects"), run, question)
    for bundle in LogCheck(os.path.join(folder, "log"), run, question).walk():
        objects.take(bundle)
    objects.finish()


def summary(run: Run) -> dict[str, Any]:
    """The last line with ``--json``."""
    sentences = [say(NOT_CHECKED[name], "en", values) for name, values in run.not_checked]
    return {
        "type": "summary",
        "ok": run.ok,
        "origin_proven": run.origin_proven,
        "origin": run.origin,
        "entries": run.size,
        "objects": run.objects,
        "size_bytes": run.object_bytes,
        "root": run.root.hex(),
        "verifier_key": str(run.first_key) if run.first_key else None,
        "fingerprint": run.first_key.fingerprint if run.first_key else None,
        "checks": [{"check": check, "status": run.status(check)} for check in CHECKS],
        "not_checked": sentences,
    }


def json_lines(run: Run) -> Iterator[str]:
    """The findings and the summary, one JSON object a line, in ASCII."""
    for finding in run.findings:
        zh, en = MEANINGS[finding.code]
        yield json.dumps(
            {
                "type": "finding",
                "check": finding.check,
                "code": finding.code,
                "exit_code": finding.exit_code,
                "severity": finding.severity,
                "subject": finding.subject,
                "detail": finding.detail("en"),
                "meaning": {"zh": zh, "en": en},
            }
        )
    yield json.dumps(summary(run))


FINDINGS_TOLD = 10


def text_lines(run: Run, language: str) -> Iterator[str]:
    """The report for people."""
    for check, words in CHECKS.items():
        yield f"[{say(PHRASES[run.status(check)], language)}] {check}. {say(words, language)}"
        found = [finding for finding in run.findings if finding.check == check]
        for finding in found[:FINDINGS_TOLD]:
            yield f"    {finding.code} · {printable(finding.subject)}: {finding.detail(language)}"
        if len(found) > FINDINGS_TOLD:
            count = {"count": len(found) - FINDINGS_TOLD}
            yield "    " + say(PHRASES["and_more"], language, count)
        for code in dict.fromkeys(finding.code for finding in found):
            yield f"    → {say(MEANINGS[code], language)}"
    yield ""
    yield from conclusion(run, language)
    for name, values in run.not_checked:
        sentence = say(NOT_CHECKED[name], language, values)
        yield say(PHRASES["unchecked"], language, {"sentence": sentence})


def conclusion(run: Run, language: str) -> Iterator[str]:
    """The verdict."""
    figures = {"origin": run.origin or "–", "entries": run.size, "objects": run.objects}
    yield say(PHRASES["log"], language, {**figures, "root": run.root.hex() or "–"})
    if not run.ok:
        count = sum(finding.severity == ERROR for finding in run.findings)
        yield say(PHRASES["verdict_bad"], language, {"count": count})
    elif run.origin_proven:
        yield say(PHRASES["verdict_good"], language)
    else:
        yield say(PHRASES["verdict_self"], language)
        yield f"    {run.first_key.fingerprint if run.first_key else '–'}"


# ---------------------------------------------------------------------------------------------
# The command
# ---------------------------------------------------------------------------------------------


def default_language() -> str:
    """Chinese where the environment speaks it, else English."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((value for value in map(os.environ.get, names) if value), "")
    return "zh" if chosen.lower().startswith("zh") else "en"


def arguments(words: Sequence[str]) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="verify.py",
        description="Verify an archive, a log, an evidence package or an audit pack. "
        "校验档案库、日志、证据包或审计包。",
    )
    here = os.path.dirname(os.path.abspath(__file__))
    parser.add_argument(
        "folder",
        metavar="DIR",
        nargs="?",
        default=here,
        help="默认本文件所在文件夹 (default: where this file lies)",
    )
    parser.add_argument(
        "--key",
        metavar="VKEY",
        help="从别处取得的首个验证密钥 (the log's first verifier key, obtained elsewhere)",
    )
    parser.add_argument(
        "--known",
        metavar="FILE",
        action="append",
        default=[],
        help="外部保存的检查点或 .tlog-proof，可多次 "
        "(a checkpoint or .tlog-proof kept elsewhere; repeatable)",
    )
    parser.add_argument(
        "--witness",
        metavar="VKEY",
        action="append",
        default=[],
        help="见证方的密钥，可多次 (a witness's key; repeatable)",
    )
    parser.add_argument(
        "--digests", choices=("sha256", "all"), default="sha256", help="all 包括 SM3 (all adds SM3)"
    )
    parser.add_argument(
        "--slow",
        action="store_true",
        help="没有内置 SM3 时也计算大文件 (SM3 of large files without OpenSSL)",
    )
    parser.add_argument(
        "--processes",
        type=int,
        default=os.cpu_count() or 1,
        metavar="N",
        help="进程数 (processes that read the log)",
    )
    parser.add_argument("--json", action="store_true", help="每行一个 JSON 对象 (JSON lines)")
    parser.add_argument("--lang", choices=LANGUAGES, default=default_language(), help="zh | en")
    return parser.parse_args(words)


def question_of(asked: argparse.Namespace) -> Question:
    """What is asked, its files read.

    Raises:
        Refused: The key, or a known checkpoint, is not one.
    """
    known = []
    for path in asked.known:
        data = read_file(path, 4 * NOTE_BYTES)
        if data is None:
            raise Refused("missing")
        known.append(known_checkpoint(data))
    return Question(
        Key.parse(asked.key) if asked.key else None,
        known,
        ("sha256", "sm3") if asked.digests == "all" else ("sha256",),
        asked.slow,
        max(1, asked.processes),
        show_progress if sys.stderr.isatty() else lambda _: None,
        [Key.parse(text, WITNESS_KEY) for text in asked.witness],
    )


def show_progress(text: str) -> None:
    """Overwrite the last line of the terminal."""
    sys.stderr.write(f"\r{text}\x1b[K")
    sys.stderr.flush()


def guarded(folder: str, question: Question) -> Run:
    """Verify; a defect of this file ends as a finding that says so, never as a verdict."""
    try:
        return verify(folder, question)
    except Exception as error:
        run = Run()
        run.error(1, "INTERNAL", folder, "internal", reason=f"{type(error).__name__}: {error}")
        return run


def main(words: Sequence[str]) -> int:
    """Run the command; its exit code."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
    asked = arguments(words)
    try:
        question = question_of(asked)
    except Refused as why:
        print(f"verify.py: {say(DETAILS[why.message], asked.lang, why.values)}", file=sys.stderr)
        return 2
    run = guarded(asked.folder, question)
    if sys.stderr.isatty():
        show_progress("\r")
    for line in json_lines(run) if asked.json else text_lines(run, asked.lang):
        print(line)
    return run.exit_code


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        sys.exit(141)
