/* ---------------------------------------------------------------------------------------------
 * Timestamp tokens and witnesses (checks 15 and 16).
 *
 * Of an RFC 3161 response as little DER is read as its imprint and time need. That a token covers
 * the checkpoint is checked; the authority's own signature is not: `evd verify` and `openssl ts`
 * do that.
 * ------------------------------------------------------------------------------------------ */

const IMPRINT_DIGESTS = {
  "608648016503040201": sha256,
  "608648016503040202": sha384,
  "608648016503040203": sha512,
  "2a811ccf55018311": sm3,
};
const OID_SIGNED_DATA = "2a864886f70d010702";
const OID_TST_INFO = "2a864886f70d0109100104";

const malformedToken = () => fail("时间戳不是有效的 RFC 3161 应答", "not an RFC 3161 response");

/** One DER element at `at` as {tag, body, end}. Throws Malformed. */
function readDer(bytes, at = 0) {
  let length = bytes[at + 1];
  let start = at + 2;
  if (length > 0x80 && length <= 0x84) {
    const digits = bytes.subarray(start, start + length - 0x80);
    start += digits.length;
    length = digits.reduce((sum, byte) => sum * 256 + byte, 0);
  } else if (length === undefined || length >= 0x80) {
    malformedToken();
  }
  if (start + length > bytes.length) malformedToken();
  return { tag: bytes[at], body: bytes.subarray(start, start + length), end: start + length };
}

/** The elements inside one. */
function insideDer({ body }) {
  const made = [];
  for (let at = 0; at < body.length; at = made[made.length - 1].end) made.push(readDer(body, at));
  return made;
}

function expectDer(element, tag, hex = null) {
  if (element?.tag !== tag || (hex !== null && toHex(element.body) !== hex)) malformedToken();
  return element;
}

/** {digest, imprint, time} of a TimeStampResp: a digest function, its value, a time of the log. */
function readToken(bytes) {
  const outer = expectDer(readDer(bytes), 0x30);
  if (outer.end !== bytes.length) malformedToken();
  const [status, token] = insideDer(outer);
  const granted = expectDer(insideDer(expectDer(status, 0x30))[0], 0x02);
  if (granted.body.length !== 1 || granted.body[0] > 1) {
    fail("时间戳服务拒绝了请求", "the authority did not grant the token");
  }
  const [type, content] = insideDer(expectDer(token, 0x30));
  expectDer(type, 0x06, OID_SIGNED_DATA);
  const signedData = expectDer(insideDer(expectDer(content, 0xa0))[0], 0x30);
  const [contentType, wrapped] = insideDer(expectDer(insideDer(signedData)[2], 0x30));
  expectDer(contentType, 0x06, OID_TST_INFO);
  const octets = expectDer(insideDer(expectDer(wrapped, 0xa0))[0], 0x04);
  const info = insideDer(expectDer(readDer(octets.body), 0x30));
  const [algorithm, imprint] = insideDer(expectDer(info[2], 0x30));
  const oid = toHex(expectDer(insideDer(expectDer(algorithm, 0x30))[0], 0x06).body);
  const time = readGeneralizedTime(fromUtf8(expectDer(info[4], 0x18).body));
  return { digest: IMPRINT_DIGESTS[oid] ?? null, oid, imprint: expectDer(imprint, 0x04).body, time };
}

/** A GeneralizedTime as a time of the log, in whole microseconds rounded up. */
function readGeneralizedTime(text) {
  const found = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:\.(\d+))?Z$/.exec(text ?? "");
  if (!found) malformedToken();
  const [, year, month, day, hour, minute, second, fraction = ""] = found;
  const micros = Number(fraction.slice(0, 6).padEnd(6, "0")) + (/[1-9]/.test(fraction.slice(6)) ? 1 : 0);
  const at = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  if (Number.isNaN(at.getTime())) malformedToken();
  const whole = new Date(at.getTime() + (micros === 1e6 ? 1000 : 0)).toISOString().slice(0, 19);
  return `${whole}.${String(micros % 1e6).padStart(6, "0")}Z`;
}

/** Check 15 for one token over one checkpoint; `stamps` are the entries that speak of it. */
function checkToken(report, path, bytes, checkpoint, stamps) {
  const wrong = (zh, en) => report.add("TIMESTAMP", CHECK.TOKENS, path, say(zh, en));
  const token = report.attempt("MALFORMED_TIMESTAMP", CHECK.TOKENS, path, () => readToken(bytes));
  if (token === undefined) return;
  const stamp = stamps.find((one) => one.token_sha256 === toHex(sha256(bytes)));
  const seqs = stamps.map((one) => one.seq).join(", ");
  if (token.digest === null) {
    report.leave(`${path}：摘要算法未知`, `${path}: its imprint is by an unknown digest (${token.oid})`);
  } else if (!sameBytes(token.digest(checkpoint.message), token.imprint)) {
    wrong("时间戳盖的不是这个检查点", "the token is over another checkpoint");
  } else if (stamps.length > 0 && stamp === undefined) {
    wrong(`不是第 ${seqs} 条所记的时间戳`, `not the token that entry ${seqs} names`);
  } else if (stamp !== undefined && stamp.gen_time !== token.time) {
    wrong(`时间为 ${token.time}，第 ${stamp.seq} 条记为 ${stamp.gen_time}`, `says ${token.time}, entry ${stamp.seq} says ${stamp.gen_time}`);
  } else {
    report.facts.tokens ??= [];
    report.facts.tokens.push({ path, size: checkpoint.size, time: token.time });
  }
}

/**
 * Check 16: the cosignatures on a checkpoint, by the witness keys that `witness` entries name.
 * Cosignatures of other keys are left open.
 */
function checkCosignatures(report, path, checkpoint, witnesses, keyring) {
  const own = new Set(keyring.keys.map(({ key }) => `${key.name}+${key.hash}`));
  for (const line of checkpoint.signatures) {
    if (own.has(`${line.name}+${line.hash}`)) continue;
    const entry = witnesses.find((one) => one.witness === line.name && readableWitness(one)?.hash === line.hash);
    if (entry === undefined) {
      report.facts.strangers ??= [];
      report.facts.strangers.push(line.name);
      continue;
    }
    const made = readCosignature(checkpoint, line, readableWitness(entry));
    if (made === null) {
      report.add("SIGNATURE", CHECK.WITNESSES, path,
        say(`见证方 ${line.name} 的联署错误`, `the cosignature of ${line.name} is wrong`));
    } else {
      report.facts.cosignatures ??= [];
      report.facts.cosignatures.push({ witness: line.name, size: checkpoint.size, time: posixTime(made.time) });
    }
  }
}

function readableWitness(entry) {
  try {
    return readKey(entry.vkey, TYPE_COSIGNATURE);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    return null;
  }
}

/** Seconds since 1970 as a time of the log. */
function posixTime(seconds) {
  const at = new Date(seconds * 1000);
  return Number.isNaN(at.getTime()) ? String(seconds) : at.toISOString().replace(/Z$/, "000Z");
}

/** What checks 15 and 16 leave open, once all anchors were seen. */
function finishAnchors(report) {
  if (report.facts.tokens || report.failed(CHECK.TOKENS)) {
    report.make(CHECK.TOKENS);
    report.leave("时间戳服务自身的签名：请用 evd verify 或 openssl ts 核对",
      "the signatures of timestamp authorities: evd verify and openssl ts check them");
  } else {
    report.skip(CHECK.TOKENS, "没有时间戳", "there is no timestamp token");
  }
  report.skip(CHECK.WITNESSES, ...(report.facts.cosignatures
    ? ["联署有效，但见证方的密钥出自日志自身：是否可信、是否足数须由策略文件决定",
      "the cosignatures hold, but only the log itself names these witnesses: a policy must say whose count"]
    : ["没有可核对的见证联署", "there is no cosignature that can be checked"]));
  report.leave("见证方是否可信、是否足数：请用 evd verify --policy",
    "witnesses: no policy says whose cosignatures count; ask evd verify --policy");
  for (const name of new Set(report.facts.strangers ?? [])) {
    report.leave(`${name} 的签名：没有它的密钥`, `signatures of ${name}: its key is not here`);
  }
  delete report.facts.strangers;
  if (!report.facts.tokens && !report.facts.cosignatures) {
    report.leave("时间：没有时间戳或见证来限定", "times: no token or witness bounds them");
  }
}
