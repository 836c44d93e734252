/* ---------------------------------------------------------------------------------------------
 * Verifier keys, signed notes (C2SP signed-note), checkpoints (tlog-checkpoint), cosignatures
 * (tlog-cosignature) and proofs on file (tlog-proof). Reading verifies no signature.
 * ------------------------------------------------------------------------------------------ */

const TYPE_ED25519 = 1;
const TYPE_COSIGNATURE = 4;
const MAX_NOTE_BYTES = 1 << 20;
const MAX_SIGNATURES = 100;

const isKeyName = (name) =>
  name !== "" && !/[\u0000-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000+]/.test(name);

/** The first 4 bytes of SHA-256(name ‖ 0A ‖ type ‖ public key), as 8 hex. */
const keyHash = (name, material) =>
  toHex(sha256(toUtf8(`${name}\n`), material).subarray(0, 4));

/** Reads `<name>+<hash>+<base64>`; Ed25519 keys of logs (type 01) and witnesses (type 04). */
function readKey(text, type = TYPE_ED25519) {
  const refuse = () => fail("不是有效的验证密钥", "not a verifier key");
  const [, name, hash, data] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(String(text)) ?? refuse();
  const material = fromBase64(data);
  if (!isKeyName(name) || material === null || material.length !== 33) refuse();
  if (material[0] !== type) refuse();
  if (hash !== keyHash(name, material)) {
    fail(`验证密钥的校验码不符，可能抄写有误：${name}`,
      `the hash of verifier key ${name} does not belong to it: mistyped?`);
  }
  return { text, name, hash, type, bytes: material.subarray(1) };
}

/** What people compare: SHA-256 of the public key. */
const fingerprint = (key) => toHex(sha256(key.bytes));

function readSignatureLine(line) {
  const [, name, data] = /^— ([^ ]*) (.*)$/s.exec(line) ?? [];
  const bytes = fromBase64(data);
  if (data === undefined || !isKeyName(name) || bytes === null || bytes.length <= 4) {
    fail("签名行格式不正确", "note has a malformed signature line");
  }
  return { name, hash: toHex(bytes.subarray(0, 4)), bytes: bytes.subarray(4) };
}

/** A signed note as {text, message, signatures}. */
function readNote(bytes) {
  if (bytes.length > MAX_NOTE_BYTES) fail("签名文本超过 1 MiB", "note is longer than 1 MiB");
  const note = fromUtf8(bytes);
  if (note === null) fail("签名文本不是 UTF-8", "note is not UTF-8");
  if (/[\u0000-\u0009\u000b-\u001f]/.test(note)) {
    fail("签名文本含控制字符", "note holds a control character");
  }
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n") || end + 2 === note.length) {
    fail("签名文本没有签名", "note has no signature block");
  }
  const lines = note.slice(end + 2, -1).split("\n");
  if (lines.length > MAX_SIGNATURES) {
    fail(`签名超过 ${MAX_SIGNATURES} 个`, `note has more than ${MAX_SIGNATURES} signatures`);
  }
  const text = note.slice(0, end + 1);
  return { text, message: toUtf8(text), signatures: lines.map(readSignatureLine) };
}

/** Throws unless the key signed the note; a second, wrong signature by it spoils the note. */
function verifyNote(note, key) {
  const made = note.signatures.filter((one) => one.name === key.name && one.hash === key.hash);
  if (made.length === 0) {
    fail(`没有密钥 ${key.name}+${key.hash} 的签名`, `note is not signed by ${key.name}+${key.hash}`);
  }
  if (!made.every((one) => ed25519Verifies(key.bytes, note.message, one.bytes))) {
    fail(`密钥 ${key.name}+${key.hash} 的签名错误`, `signature by ${key.name}+${key.hash} is wrong`);
  }
}

/** A signed checkpoint: the note with {origin, size, root}. */
function readCheckpoint(bytes) {
  const note = readNote(bytes);
  const lines = note.text.slice(0, -1).split("\n");
  if (lines.length < 3 || lines.includes("")) {
    fail("检查点不是三行以上的非空文本", "a checkpoint is three or more lines, none of them empty");
  }
  const [origin, size, rootText] = lines;
  const root = fromBase64(rootText);
  if (!/^(?:0|[1-9][0-9]{0,15})$/.test(size) || !Number.isSafeInteger(Number(size))) {
    fail(`条目数不正确：${size.slice(0, 40)}`, `not a number of entries: ${size.slice(0, 40)}`);
  }
  if (root === null || root.length !== 32) {
    fail("检查点的根不是 32 字节的 base64", "the root is not 32 bytes in base64");
  }
  return { ...note, bytes, origin, size: Number(size), root };
}

/** Whether a witness cosigned a note, and when: {time} in seconds since 1970, or null. */
function readCosignature(note, line, key) {
  if (line.bytes.length !== 72) return null;
  const time = new DataView(line.bytes.buffer, line.bytes.byteOffset).getBigUint64(0);
  const message = joinBytes(toUtf8(`cosignature/v1\ntime ${time}\n`), note.message);
  return ed25519Verifies(key.bytes, message, line.bytes.subarray(8)) ? { time: Number(time) } : null;
}

/** A tlog-proof file as {index, extra, hashes, checkpoint}. */
function readProof(bytes) {
  const text = fromUtf8(bytes.subarray(0, MAX_NOTE_BYTES));
  const end = text === null ? -1 : text.indexOf("\n\n");
  const lines = end < 0 ? [] : text.slice(0, end).split("\n");
  if (lines.shift() !== "c2sp.org/tlog-proof@v1") fail("不是包含证明文件", "not a tlog-proof");
  const extra = lines[0]?.startsWith("extra ") ? fromBase64(lines.shift().slice(6)) : undefined;
  if (extra === null) fail("extra 行不正确", "malformed extra line");
  const index = /^index (0|[1-9][0-9]{0,15})$/.exec(lines.shift() ?? "");
  if (!index || !Number.isSafeInteger(Number(index[1]))) fail("缺少 index 行", "no index line");
  const hashes = readHashes(lines);
  const checkpoint = bytes.subarray(toUtf8(text.slice(0, end + 2)).length);
  return { index: Number(index[1]), extra, hashes, checkpoint };
}

function readHashes(lines) {
  if (lines.length > 128) fail("证明过长", "more hashes than a proof can have");
  const hashes = lines.map(fromBase64);
  if (hashes.some((hash) => hash === null || hash.length !== 32)) {
    fail("证明中的哈希不正确", "a hash of the proof is malformed");
  }
  return hashes;
}

/** A consistency proof on file: one hash in base64 on each line. */
function readHashLines(bytes) {
  const text = fromUtf8(bytes);
  if (text === null || (text !== "" && !text.endsWith("\n"))) fail("证明在行中中断", "the proof breaks off");
  return readHashes(text.split("\n").slice(0, -1));
}
