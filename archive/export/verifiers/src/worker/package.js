/* ---------------------------------------------------------------------------------------------
 * Evidence packages: originals with the entries that concern them, and the proofs that those are
 * in the log (checks 1, 2, 4, 7, 9, 11, 12, 15, 16, 17, 18).
 * ------------------------------------------------------------------------------------------ */

const PACKAGE_INDEX = "proof/package.json";

/** Reads proof/package.json. Throws Malformed. */
function readIndex(bytes, kind) {
  if (bytes === null) fail("缺失", "missing");
  const index = readCanonical(bytes);
  const refuse = () => fail("不是证据包的目录", "not the index of a package");
  if (index.v !== 1 || index.kind !== kind || !isCount(index.size)) refuse();
  if (typeof index.origin !== "string" || typeof index.vkey !== "string") refuse();
  return index;
}

const isListOf = (value, holds) => Array.isArray(value) && value.every(holds);

class EvidencePackage {
  constructor(folder, report, question, progress) {
    this.folder = folder;
    this.report = report;
    this.question = question;
    this.bag = new Bag(folder, report, progress);
    this.keyring = new Keyring();
    this.entries = new Map(); // seq → {bytes, fields, leaf}
    this.logged = new LoggedObjects();
    this.anchors = new Map(); // size → checkpoint
  }

  async check() {
    await this.bag.open();
    await this.bag.readAll();
    const index = await this.readIndex();
    const checkpoint = await this.readHead();
    if (index !== null) await this.readEntries(index);
    if (checkpoint !== null && index !== null) {
      await this.checkInclusion(index, checkpoint);
      await this.checkAnchors(index, checkpoint);
      checkSignature(this.report, checkpoint, this.keyring, this.question.pinned);
      this.checkSigner(checkpoint);
      this.checkKnown(checkpoint);
    }
    if (index !== null) this.checkRecordings(index);
    this.leaveRest(index);
  }

  async readIndex() {
    const bytes = await this.folder.read(PACKAGE_INDEX);
    const code = bytes === null ? "MISSING_FILE" : "BAG_MISMATCH";
    const index = this.report.attempt(code, CHECK.BAG, PACKAGE_INDEX, () => {
      const made = readIndex(bytes, "evidence_package");
      const isRecording = (one) => isHex(one?.recording, 32) && isHex(one?.sha256, 64) &&
        typeof one.path === "string" && isCount(one.seq) && isCount(one.size_bytes);
      const isAnchor = (one) => isCount(one?.size) && isListOf(one.tokens, (name) => /^[a-z0-9][a-z0-9._-]{0,63}$/.test(name));
      if (!isListOf(made.recordings, isRecording) || !isListOf(made.entries, isCount) ||
        !isListOf(made.anchors, isAnchor)) {
        fail("不是证据包的目录", "not the index of a package");
      }
      return made;
    });
    return index ?? null;
  }

  /** Check 1. */
  async readHead() {
    const bytes = await this.folder.read("proof/checkpoint", MAX_NOTE_BYTES + 1);
    const code = bytes === null ? "MISSING_FILE" : "LOG_INCONSISTENT";
    const checkpoint = this.report.attempt(code, CHECK.CHECKPOINT, "checkpoint", () =>
      bytes === null ? fail("证据包没有检查点", "the package has no checkpoint") : readCheckpoint(bytes));
    if (checkpoint === undefined) {
      this.report.leave("全部证明：检查点无法读取", "every proof: there is no checkpoint to lead to");
      return null;
    }
    this.report.make(CHECK.CHECKPOINT);
    Object.assign(this.report.facts, {
      origin: checkpoint.origin, entries: checkpoint.size, root: toHex(checkpoint.root),
    });
    return checkpoint;
  }

  /** Checks 4 and 7: the entries as they are, and the keys among them. */
  async readEntries(index) {
    const seqs = [...index.entries];
    if (seqs.some((seq, at) => at > 0 && seq <= seqs[at - 1])) {
      this.report.add("BAG_MISMATCH", CHECK.BAG, PACKAGE_INDEX, say("条目编号未按升序", "entries are not in order"));
    }
    for (const seq of seqs) {
      const bytes = await this.folder.read(`proof/entries/${seq}.json`, MAX_ENTRY_BYTES + 1);
      if (bytes === null) {
        this.report.add("MISSING_FILE", CHECK.ENTRIES, `entry ${seq}`, say("缺失", "missing"));
        continue;
      }
      const fields = this.report.attempt("LOG_INCONSISTENT", CHECK.ENTRIES, `entry ${seq}`, () => {
        const read = readEntry(bytes);
        if (read.seq !== seq) fail(`编号为 ${read.seq}`, `it is numbered ${read.seq}`);
        return read;
      });
      this.entries.set(seq, { bytes, fields, leaf: leafHash(bytes) });
    }
    this.checkChain();
    this.report.make(CHECK.ENTRIES, CHECK.KEYS);
    for (const [seq, { fields }] of this.entries) {
      if (fields === undefined) continue;
      if (fields.act === "key") {
        this.report.attempt("SIGNATURE", CHECK.KEYS, `entry ${seq}`, () => this.keyring.take(seq, fields));
      }
      this.logged.see(fields);
    }
    if (this.keyring.first === null) {
      this.report.add("SIGNATURE", CHECK.KEYS, "entry 0",
        say("不是可读的密钥条目", "not a readable key entry, so the log names no key"));
    }
    reportSuccession(this.report, this.keyring);
  }

  /** The chain, where two neighbours are in the package. */
  checkChain() {
    for (const [seq, { fields }] of this.entries) {
      const before = this.entries.get(seq - 1);
      const prev = seq === 0 ? ZERO_PREV : before && toHex(before.leaf);
      if (fields !== undefined && prev !== undefined && fields.prev !== prev) {
        this.report.add("LOG_INCONSISTENT", CHECK.ENTRIES, `entry ${seq}`,
          say(`不承接第 ${seq - 1} 条`, `it does not follow entry ${seq - 1}`));
      }
    }
  }

  /** Check 17. */
  async checkInclusion(index, checkpoint) {
    if (index.size !== checkpoint.size || index.origin !== checkpoint.origin) {
      this.report.add("LOG_INCONSISTENT", CHECK.INCLUSION, PACKAGE_INDEX,
        say("目录所说的检查点不是这一个", "it speaks of another checkpoint"));
    }
    for (const [seq, { leaf }] of this.entries) {
      const path = `proof/entries/${seq}.tlog-proof`;
      const bytes = await this.folder.read(path, MAX_NOTE_BYTES + 1);
      if (bytes === null) {
        this.report.add("MISSING_FILE", CHECK.INCLUSION, `entry ${seq}`, say("没有包含证明", "it has no proof"));
        continue;
      }
      this.report.attempt("LOG_INCONSISTENT", CHECK.INCLUSION, `entry ${seq}`, () => {
        const proof = readProof(bytes);
        if (proof.index !== seq) fail(`证明属于第 ${proof.index} 条`, `its proof is of entry ${proof.index}`);
        const head = readCheckpoint(proof.checkpoint);
        if (head.text !== checkpoint.text) {
          fail("证明导向另一个检查点", "its proof leads to another checkpoint");
        }
        const root = inclusionRoot(leaf, seq, checkpoint.size, proof.hashes);
        if (root === null || !sameBytes(root, checkpoint.root)) {
          fail("证明不能导出检查点的根：它不在日志中", "its proof does not lead to the root: it is not in the log");
        }
      });
    }
    this.report.make(CHECK.INCLUSION);
  }

  /** Checks 15 and 16: stamped and witnessed checkpoints, each shown to be of this log's past. */
  async checkAnchors(index, checkpoint) {
    checkCosignatures(this.report, "proof/checkpoint", checkpoint, this.logged.witnesses, this.keyring);
    for (const { size, tokens } of index.anchors) {
      const base = `proof/anchors/${size}/`;
      const anchor = await this.readAnchor(base, size, checkpoint);
      if (anchor === null) continue;
      this.anchors.set(size, anchor);
      checkCosignatures(this.report, `${base}checkpoint`, anchor, this.logged.witnesses, this.keyring);
      for (const authority of tokens) {
        const path = `${base}${authority}.tsr`;
        const bytes = await this.folder.read(path);
        const stamp = this.logged.stamps.find((one) => one.size === size && one.authority === authority);
        if (bytes === null) {
          this.report.add("MISSING_FILE", CHECK.TOKENS, path, say("缺失", "missing"));
        } else {
          checkToken(this.report, path, bytes, anchor, stamp);
        }
      }
    }
    finishAnchors(this.report);
  }

  async readAnchor(base, size, checkpoint) {
    const bytes = await this.folder.read(`${base}checkpoint`, MAX_NOTE_BYTES + 1);
    const lines = await this.folder.text(`${base}consistency`);
    const made = this.report.attempt(bytes === null ? "MISSING_FILE" : "TIMESTAMP", CHECK.TOKENS, `${base}checkpoint`, () => {
      if (bytes === null) fail("缺失", "missing");
      const anchor = readCheckpoint(bytes);
      if (anchor.origin !== checkpoint.origin || anchor.size !== size) {
        fail("属于另一份日志或另一处", "it is of another log or size");
      }
      const key = this.keyring.at(size);
      if (key !== null) verifyNote(anchor, key);
      const hashes = (lines ?? "").split("\n").filter((line) => line !== "").map(fromBase64);
      if (hashes.some((hash) => hash === null || hash.length !== 32) ||
        !isConsistent(size, anchor.root, checkpoint.size, checkpoint.root, hashes)) {
        fail("没有证明它是此日志的过去", "it is not shown to be of this log's past");
      }
      return anchor;
    });
    return made ?? null;
  }

  /** The newest key in the package must be the one that signed. */
  checkSigner(checkpoint) {
    const newest = this.keyring.keys[this.keyring.keys.length - 1];
    if (newest && newest.seq >= checkpoint.size) {
      this.report.add("SIGNATURE", CHECK.KEYS, `entry ${newest.seq}`,
        say("密钥条目在检查点之外", "a key entry beyond the checkpoint"));
    }
  }

  /** Check 9, as far as a package can answer. */
  checkKnown(checkpoint) {
    const { report, question } = this;
    if (question.known.length === 0) {
      report.skip(CHECK.KNOWN, "没有提供外部保存的检查点", "no checkpoint from elsewhere was given");
    }
    for (const one of question.known) {
      const subject = `known checkpoint of size ${one.size}`;
      if (!isSignedRightly(report, one, subject, this.keyring)) continue;
      const ours = one.size === checkpoint.size ? checkpoint : this.anchors.get(one.size);
      if (one.origin !== checkpoint.origin) {
        checkPredecessor(report, one, this.keyring, (zh, en) =>
          report.add("ROLLED_BACK", CHECK.KNOWN, subject, say(zh, en)));
      } else if (ours === undefined) {
        report.leave(`外部检查点（${one.size} 条）：证据包里没有通向它的证明`,
          `${subject}: the package holds no proof that leads there`);
        continue;
      } else if (!sameBytes(ours.root, one.root)) {
        report.add("ROLLED_BACK", CHECK.KNOWN, subject,
          say("被改写：日志在该处的根不同", "forked: the log has another root at that size"));
      }
      report.make(CHECK.KNOWN);
    }
  }

  /** Checks 11 and 12: each recording's file against its entry. */
  checkRecordings(index) {
    this.report.make(CHECK.PRESENT, CHECK.DIGESTS);
    const named = new Set(index.recordings.map((one) => one.path));
    this.report.facts.recordings = index.recordings.map((one) => {
      const fields = this.entries.get(one.seq)?.fields ?? {};
      return { ...one, recorder: fields.recorder ?? "", officer: fields.officer ?? "", recorded_as: fields.path ?? "", received: fields.time ?? "" };
    });
    for (const one of index.recordings) this.checkRecording(one);
    this.report.facts.objects = new Set(index.recordings.map((one) => one.sha256)).size;
    this.report.facts.size_bytes = index.recordings.reduce((sum, one) => sum + one.size_bytes, 0);
    for (const path of this.bag.payload.keys()) {
      if (!named.has(path)) {
        this.report.add("BAG_MISMATCH", CHECK.PRESENT, path,
          say("证据包的目录没有提到它", "the index of the package does not name it"));
      }
    }
  }

  checkRecording({ recording, path, sha256: digest, sm3: sm3Digest, size_bytes: size, seq }) {
    const { report } = this;
    if (!this.folder.has(path)) {
      report.add("MISSING_FILE", CHECK.PRESENT, path, say("原件缺失", "the original is missing"));
      return;
    }
    const wrong = (zh, en) => report.add("DIGEST_MISMATCH", CHECK.DIGESTS, path, say(zh, en));
    const fields = this.entries.get(seq)?.fields;
    const object = fields && readObject(fields);
    const isFirst = fields && (fields.act === "ingest" || (fields.act === "sighting" && fields.new_recording === true));
    if (!object || !isFirst || fields.recording !== recording) {
      report.add("LOG_INCONSISTENT", CHECK.INCLUSION, path,
        say(`第 ${seq} 条不是这件录像的归档条目`, `entry ${seq} is not the one that archived this recording`));
      return;
    }
    if (recordingId(String(fields.recorder), object.sha256) !== recording) {
      wrong("录像编号与记录仪和摘要不符", "its id does not follow from recorder and digest");
    }
    const found = this.bag.found.get(path);
    if (!found) return; // the bag says so, or does not name it
    for (const [name, said, told] of [
      ["size", size, object.size], ["sha256", digest, object.sha256], ["sm3", sm3Digest ?? null, object.sm3],
    ]) {
      const real = found[name];
      if (told !== null && real !== undefined && real !== told) {
        wrong(`${name} 为 ${real}，第 ${seq} 条记载 ${told}`, `has ${name} ${real}, entry ${seq} says ${told}`);
        return;
      }
      if (said !== null && told !== null && said !== told) {
        report.add("BAG_MISMATCH", CHECK.BAG, PACKAGE_INDEX, say(`${path} 的 ${name} 与条目不符`, `${name} of ${path} is not what its entry says`));
      }
    }
  }

  leaveRest(index) {
    const { report } = this;
    const only = ["证据包只含有关的条目", "a package holds only the entries that concern it"];
    [CHECK.BUNDLES, CHECK.ROOT, CHECK.TILES, CHECK.UNLOGGED].forEach((check) => report.skip(check, ...only));
    report.skip(CHECK.TIME, ...only);
    report.skip(CHECK.BODIES, "请用 evd verify --bodies", "ask evd verify --bodies");
    report.skip(CHECK.CATALOG, "证据包里没有目录数据库", "a package holds no catalog");
    report.leave("日志中其余的条目：证据包只含有关的条目", "the other entries of the log: a package holds only those that concern it");
    for (const sentence of index?.not_included ?? []) {
      if (typeof sentence === "string") report.leave(sentence, sentence);
    }
  }
}
