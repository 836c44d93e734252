/* ---------------------------------------------------------------------------------------------
 * The keys of a log, from its `key` entries (check 7), and who signs at which size (check 2).
 * ------------------------------------------------------------------------------------------ */

class Keyring {
  constructor() {
    this.keys = []; // {seq, key}
    this.succeeds = null;
  }

  get first() {
    return this.keys[0]?.key ?? null;
  }

  /** The key that signs a checkpoint of this size. */
  at(size) {
    return this.keys.filter((one) => one.seq < size).pop()?.key ?? null;
  }

  /** Take a `key` entry. Throws Malformed. */
  take(seq, fields) {
    const key = readKey(fields.vkey);
    if (key.name !== fields.origin) {
      fail("密钥的名称与来源不符", `entry ${seq} names key ${key.name} for another origin`);
    }
    if (seq === 0) this.begin(key, fields);
    else this.rotate(seq, key, fields);
    this.keys.push({ seq, key });
  }

  begin(key, fields) {
    if (!key.name.endsWith(`/${toHex(key.bytes.subarray(0, 4))}`)) {
      fail("来源名称不以首个密钥的字节结尾", `origin ${key.name} does not end in its first key's bytes`);
    }
    const earlier = fields.succeeds;
    if (earlier !== undefined && earlier !== null) {
      const texts = [earlier.origin, earlier.root, earlier.reason];
      if (!Number.isInteger(earlier.size) || texts.some((text) => typeof text !== "string")) {
        fail("对前一份日志的说明不完整", "entry 0 follows a log of no size or name");
      }
      this.succeeds = earlier;
    }
  }

  rotate(seq, key, fields) {
    const old = this.keys[this.keys.length - 1]?.key;
    if (!old || key.name !== old.name || fields.previous_vkey !== old.text) {
      fail("密钥更替并非从日志的现用密钥开始", `entry ${seq} rotates from a key that is not the log's`);
    }
    const text = toUtf8(
      `evidence-daemon key rotation\n${key.name}\n${seq}\n${old.text}\n${key.text}\n`,
    );
    for (const [name, signer] of [["endorsement", old], ["acceptance", key]]) {
      const signature = fromBase64(fields[name]);
      if (signature === null || !ed25519Verifies(signer.bytes, text, signature)) {
        fail(`密钥更替的签名 ${name} 错误`, `entry ${seq} has a wrong ${name}: the key is not the log's`);
      }
    }
  }
}

/**
 * Check 2: who signed the checkpoint. `pinned` is the key from elsewhere, or null.
 * Says whether the origin is proven as far as signatures go.
 */
function checkSignature(report, checkpoint, keyring, pinned, subject = "checkpoint") {
  const wrong = (zh, en) => report.add("SIGNATURE", CHECK.SIGNATURE, subject, say(zh, en));
  report.make(CHECK.SIGNATURE);
  const first = keyring.first;
  if (pinned && first && first.text !== pinned.text) {
    wrong(`日志的首个密钥是 ${first.text}，不是您提供的 ${pinned.text}`,
      `the log begins with key ${first.text}, not with ${pinned.text}`);
  }
  const key = keyring.at(checkpoint.size) ?? pinned;
  if (key === null) {
    wrong("没有可用来核对签名的密钥", "nothing to check the signature by: entry 0 gives no key");
    return;
  }
  if (checkpoint.origin !== key.name) {
    wrong(`检查点的来源是 ${checkpoint.origin}，密钥属于 ${key.name}`,
      `it is of origin ${checkpoint.origin}, the key of ${key.name}`);
  }
  report.attempt("SIGNATURE", CHECK.SIGNATURE, subject, () => verifyNote(checkpoint, key));
  const named = first ?? key;
  report.facts.verifier_key = named.text;
  report.facts.fingerprint = fingerprint(named);
  if (!pinned) {
    report.add("ORIGIN_NOT_PROVEN", CHECK.SIGNATURE, subject,
      say(`没有给出验证密钥；日志自称的密钥是 ${named.text}`,
        `no key was pinned; the log itself names ${named.text}`), WARNING);
  }
}

/** What entry 0 says of an earlier log. */
function reportSuccession(report, keyring) {
  const earlier = keyring.succeeds;
  if (earlier === null) return;
  report.add("LOG_SUCCEEDS", CHECK.KEYS, "entry 0",
    say(`接续日志 ${earlier.origin}，后者在 ${earlier.size} 条后丢失：${earlier.reason}`,
      `follows ${earlier.origin}, lost after ${earlier.size} entries: ${earlier.reason}`), INFORMATION);
  report.leave(`第 0 条之前的历史（${earlier.origin}）`, `the history before entry 0, of ${earlier.origin}`);
}
