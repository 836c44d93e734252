/* ---------------------------------------------------------------------------------------------
 * Evidence packages: originals with the entries that concern them, and the proofs that those are
 * in the log (checks 1, 2, 4, 7, 9, 11, 12, 15, 16, 17, 18).
 * ------------------------------------------------------------------------------------------ */

const PACKAGE_INDEX = "proof/package.json";

const isListOf = (value, holds) => Array.isArray(value) && value.every(holds);

const isText = (value) => typeof value === "string";
const isAuthority = (value) => isText(value) && /^[a-z0-9][a-z0-9._-]{0,63}$/.test(value);

/** Whether a record has these fields, each as it should be, and no other. */
function isRecord(value, forms, optional = []) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  return Object.keys(forms).every((name) => (name in value ? forms[name](value[name]) : optional.includes(name))) &&
    Object.keys(value).every((name) => name in forms);
}

const COMMON_INDEX = {
  v: (value) => value === 1, kind: isText, created: isTime, origin: isText, vkey: isText, size: isCount,
  not_included: (value) => isListOf(value, isText),
};
const INDEX_FORMS = {
  evidence_package: {
    ...COMMON_INDEX,
    entries: (value) => isListOf(value, isCount),
    recordings: (value) => isListOf(value, (one) => isRecord(one, {
      recording: (id) => isHex(id, 32), path: isText, sha256: (digest) => isHex(digest, 64),
      sm3: (digest) => isHex(digest, 64), size_bytes: isCount, seq: isCount,
    }, ["sm3"])),
    anchors: (value) => isListOf(value, (one) => isRecord(one, {
      size: isCount, tokens: (names) => isListOf(names, isText),
    })),
  },
  audit_pack: {
    ...COMMON_INDEX,
    objects: isCount,
    sample: (value) => isRecord(value, {
      seed: isText, count: isCount, objects: (list) => isListOf(list, (digest) => isHex(digest, 64)),
    }),
  },
};

/** proof/package.json, or null after having said what is wrong with it. */
async function readIndex(folder, report) {
  const bytes = await folder.read(PACKAGE_INDEX, 64 << 20);
  if (bytes === null) {
    report.add("MISSING_FILE", CHECK.BAG, PACKAGE_INDEX, say("缺失：打包件应有此目录", "missing: a package has this index"));
    return null;
  }
  return report.attempt("MALFORMED_INDEX", CHECK.BAG, PACKAGE_INDEX, () => {
    const index = readCanonical(bytes);
    const forms = isText(index.kind) && Object.hasOwn(INDEX_FORMS, index.kind) ? INDEX_FORMS[index.kind] : null;
    if (forms === null || !isRecord(index, forms)) fail("不是打包件的目录", "it is not the index of a package");
    return index;
  }) ?? null;
}

/** Files of a package that its index need not name. */
const READABLE = new Set([
  "bagit.txt", "bag-info.txt", ...Object.values(MANIFESTS), TAG_MANIFEST, "README.txt",
  "custody.html", "custody.json", "verify.html", "verify.py",
]);

class EvidencePackage {
  constructor(bag, index, question) {
    this.bag = bag;
    this.index = index;
    this.folder = bag.folder;
    this.report = bag.report;
    this.question = question;
    this.named = new Set([PACKAGE_INDEX, "proof/checkpoint"]);
    this.keyring = new Keyring();
    this.entries = new Map(); // seq → {bytes, fields, leaf}
    this.logged = new LoggedObjects();
    this.anchors = new Map(); // size → checkpoint
  }

  async check() {
    this.leaveRest();
    const checkpoint = await this.readHead();
    if (checkpoint === null) return;
    await this.readEntries(checkpoint);
    checkSignature(this.report, checkpoint, this.keyring, this.question.pinned, "proof/checkpoint");
    await this.checkAnchors(checkpoint);
    this.checkKnown(checkpoint);
    this.checkRecordings();
    this.checkUnnamed();
  }

  /** A file that the package should have; its path counts as named. */
  async file(path, limit) {
    this.named.add(path);
    const bytes = await this.folder.read(path, limit + 1);
    return bytes !== null && bytes.length <= limit ? bytes : null;
  }

  /** Check 1. */
  async readHead() {
    const bytes = await this.file("proof/checkpoint", MAX_NOTE_BYTES);
    const code = bytes === null ? "MISSING_FILE" : "LOG_INCONSISTENT";
    const checkpoint = this.report.attempt(code, CHECK.CHECKPOINT, "proof/checkpoint", () =>
      bytes === null ? fail("证据包没有检查点", "missing: the package has no checkpoint") : readCheckpoint(bytes));
    if (checkpoint === undefined) {
      this.report.leave("全部证明：检查点无法读取", "everything that a checkpoint proves: it cannot be read");
      return null;
    }
    this.report.make(CHECK.CHECKPOINT);
    Object.assign(this.report.facts, {
      origin: checkpoint.origin, entries: checkpoint.size, root: toHex(checkpoint.root),
    });
    if (this.index.size !== checkpoint.size || this.index.origin !== checkpoint.origin) {
      this.bag.strange(PACKAGE_INDEX, "目录所说的检查点不是这一个", "speaks of another checkpoint");
    }
    return checkpoint;
  }

  /** Checks 4, 7 and 17, in the order of the log. */
  async readEntries(checkpoint) {
    const { report } = this;
    for (const seq of [...new Set(this.index.entries)].sort((one, other) => one - other)) {
      const path = `proof/entries/${seq}.json`;
      const bytes = await this.file(path, MAX_ENTRY_BYTES);
      if (bytes === null) {
        report.add("MISSING_FILE", CHECK.INCLUSION, path, say("缺失", "missing"));
        continue;
      }
      const leaf = leafHash(bytes);
      await this.checkInclusion(seq, leaf, checkpoint);
      const fields = report.attempt("LOG_INCONSISTENT", CHECK.ENTRIES, `entry ${seq}`, () => {
        const read = readEntry(bytes);
        if (read.seq !== seq) fail(`被改动：文件里是第 ${read.seq} 条`, `changed: the file holds entry ${read.seq}`);
        return read;
      });
      if (fields !== undefined) this.entries.set(seq, { fields, leaf });
    }
    this.checkChain();
    for (const [seq, { fields }] of this.entries) {
      if (fields.act === "key") {
        report.attempt("SIGNATURE", CHECK.KEYS, `entry ${seq}`, () => this.keyring.take(seq, fields));
      }
      this.logged.see(fields);
    }
    if (this.keyring.first === null) {
      report.add("SIGNATURE", CHECK.KEYS, "entry 0",
        say("证据包里没有可读的密钥条目", "not a readable key entry in the package, so the log names no key"));
    }
    reportSuccession(report, this.keyring);
    report.make(CHECK.ENTRIES, CHECK.KEYS, CHECK.INCLUSION);
  }

  /** The chain, where two neighbours are in the package. */
  checkChain() {
    for (const [seq, { fields }] of this.entries) {
      const before = this.entries.get(seq - 1);
      if (before !== undefined && fields.prev !== toHex(before.leaf)) {
        this.report.add("LOG_INCONSISTENT", CHECK.ENTRIES, `entry ${seq}`,
          say(`不承接第 ${seq - 1} 条：其中一条被改动`, `does not follow entry ${seq - 1}: one of them was changed`));
      }
    }
  }

  /** Check 17 for one entry. */
  async checkInclusion(seq, leaf, checkpoint) {
    const path = `proof/entries/${seq}.tlog-proof`;
    const bytes = await this.file(path, MAX_NOTE_BYTES);
    if (bytes === null) {
      this.report.add("MISSING_FILE", CHECK.INCLUSION, path, say("缺失", "missing"));
      return;
    }
    this.report.attempt("LOG_INCONSISTENT", CHECK.INCLUSION, `entry ${seq}`, () => {
      const proof = readProof(bytes);
      if (proof.index !== seq) fail(`证明属于第 ${proof.index} 条`, `the proof is of entry ${proof.index}`);
      if (proof.extra) fail("证明另带内容", "the proof carries something beside the entry");
      if (!sameBytes(proof.checkpoint, checkpoint.bytes)) {
        fail("证明导向另一个检查点", "the proof leads to another checkpoint than the package's");
      }
      const root = inclusionRoot(leaf, seq, checkpoint.size, proof.hashes);
      if (root === null || !sameBytes(root, checkpoint.root)) {
        fail("没有证明它在日志中", "not proven to be in the log: its proof does not lead to the root");
      }
    });
  }

  /** Checks 9, 15 and 16 for what others have seen of the log. */
  async checkAnchors(checkpoint) {
    const { report, logged, keyring } = this;
    checkCosignatures(report, "proof/checkpoint", checkpoint, logged.witnesses, keyring);
    for (const { size, tokens } of this.index.anchors) {
      const base = `proof/anchors/${size}/`;
      const note = await this.readAnchor(`${base}checkpoint`, size, checkpoint);
      for (const authority of tokens) {
        const path = `${base}${authority}.tsr`;
        const bytes = await this.file(path, 1 << 20);
        const stamps = logged.stamps.filter((one) => one.size === size && one.authority === authority);
        if (bytes === null) report.add("MISSING_FILE", CHECK.TOKENS, path, say("缺失", "missing"));
        else if (note !== null) checkToken(report, path, bytes, note, stamps);
      }
    }
    for (const [size, anchor] of this.anchors) {
      checkCosignatures(report, `proof/anchors/${size}/checkpoint`, anchor, logged.witnesses, keyring);
    }
    const refused = new Set(this.index.anchors.map(({ size }) => size).filter((size) => !this.anchors.has(size)));
    checkSpokenOf(report, "proof/anchors/", this.anchors, logged.witnesses.filter(({ size }) => !refused.has(size)));
    finishAnchors(report);
  }

  /** One anchor; kept where it is shown to be of this log's past. Gives its note, or null. */
  async readAnchor(path, size, checkpoint) {
    const { report } = this;
    const bytes = await this.file(path, MAX_NOTE_BYTES);
    const isHead = size === checkpoint.size;
    const proof = isHead ? null : await this.file(path.replace(/checkpoint$/, "consistency"), MAX_NOTE_BYTES);
    if (bytes === null || (proof === null && !isHead)) {
      report.add("MISSING_FILE", CHECK.KNOWN, path, say("它或其一致性证明缺失", "it or its consistency proof is missing"));
      if (bytes === null) return null;
    }
    const note = report.attempt("LOG_INCONSISTENT", CHECK.KNOWN, path, () => readCheckpoint(bytes));
    if (note === undefined) return null;
    const key = this.keyring.at(size) ?? this.question.pinned;
    const isSigned = key === null ||
      report.attempt("SIGNATURE", CHECK.KNOWN, path, () => verifyNote(note, key) ?? true) === true;
    if (isSigned && (isHead || proof !== null)) {
      const isPast = report.attempt("ROLLED_BACK", CHECK.KNOWN, path, () => {
        if (note.origin !== checkpoint.origin || note.size !== size) {
          fail(`它属于 ${note.origin} 的前 ${note.size} 条`, `it is of ${note.size} entries of ${note.origin}`);
        }
        const hashes = isHead ? [] : readHashLines(proof);
        if (!isConsistent(size, note.root, checkpoint.size, checkpoint.root, hashes)) {
          fail("没有证明它是此日志的过去", "not of this log's past: the consistency proof does not hold");
        }
        return true;
      });
      if (isPast === true) this.anchors.set(size, note);
    }
    return note;
  }

  /** Check 9 for checkpoints from elsewhere, as far as a package can answer. */
  checkKnown(checkpoint) {
    const { report, question } = this;
    const isMade = this.anchors.size > 0 || question.known.some((one) => one.size === checkpoint.size);
    if (isMade) report.make(CHECK.KNOWN);
    else report.skip(CHECK.KNOWN, "没有可比的外部检查点", "there is no checkpoint from elsewhere to compare");
    for (const one of question.known) {
      const subject = `known checkpoint of size ${one.size}`;
      if (!isSignedRightly(report, one, subject, this.keyring)) continue;
      const ours = one.size === checkpoint.size ? checkpoint : this.anchors.get(one.size);
      const against = (zh, en) => report.add("ROLLED_BACK", CHECK.KNOWN, subject, say(zh, en));
      if (one.origin !== checkpoint.origin) {
        against(`属于另一份日志：${one.origin}`, `forked: it is of another log, ${one.origin}`);
      } else if (ours === undefined) {
        report.leave(`外部检查点（${one.size} 条）：证据包里没有通向它的证明`,
          `${subject}: the package has no proof to that size`);
      } else if (!sameBytes(ours.root, one.root)) {
        against("被改写：日志在该处的根不同", "forked: the log has another root at that size");
      }
    }
  }

  /** Checks 11, 12 and 17 for each recording. */
  checkRecordings() {
    const { report, index } = this;
    report.make(CHECK.PRESENT, CHECK.DIGESTS);
    report.facts.recordings = index.recordings.map((one) => {
      const fields = this.entries.get(one.seq)?.fields ?? {};
      return { ...one, recorder: fields.recorder ?? "", officer: fields.officer ?? "", received: fields.time ?? "" };
    });
    index.recordings.forEach((one) => this.checkRecording(one));
    report.facts.objects = index.recordings.length;
    report.facts.size_bytes = index.recordings.reduce((sum, one) => sum + (this.bag.found.get(one.path)?.size ?? 0), 0);
  }

  checkRecording(said) {
    const { recording, path, seq } = said;
    this.named.add(path);
    const found = this.bag.found.get(path);
    if (found === undefined) {
      this.report.add("MISSING_FILE", CHECK.PRESENT, path,
        say(`缺失：它是录像 ${recording}`, `missing: it is recording ${recording}`));
    }
    const stated = this.stated(recording, seq);
    if (stated === null) return;
    const claimed = { size: said.size_bytes, sha256: said.sha256, sm3: said.sm3 };
    for (const [subject, one] of [[path, found], [`${PACKAGE_INDEX}, recording ${recording}`, claimed]]) {
      const differs = one && ["size", "sha256", "sm3"].find((name) =>
        stated[name] !== null && one[name] !== undefined && one[name] !== stated[name]);
      if (differs) {
        this.report.add("DIGEST_MISMATCH", CHECK.DIGESTS, subject,
          say(`${differs} 为 ${one[differs]}，第 ${seq} 条记载 ${stated[differs]}`,
            `has ${differs} ${one[differs]}, entry ${seq} says ${stated[differs]}`));
      }
    }
  }

  /** What the entry that made a recording says of its bytes, or null where it is no such. */
  stated(recording, seq) {
    const refuse = (zh, en) => {
      this.report.add("LOG_INCONSISTENT", CHECK.INCLUSION, `recording ${recording}`, say(zh, en));
      return null;
    };
    const fields = this.entries.get(seq)?.fields;
    if (fields === undefined) {
      return refuse(`归档它的第 ${seq} 条不在证据包里`, `entry ${seq}, which is to have made it, is not in the package`);
    }
    const isFirst = fields.act === "ingest" || (fields.act === "sighting" && fields.new_recording === true);
    if (!isFirst || fields.recording !== recording) {
      return refuse(`第 ${seq} 条没有归档它`, `entry ${seq} is no ingest or first sighting of it`);
    }
    const object = readObject(fields);
    if (object === null || !isText(fields.recorder)) {
      return refuse(`第 ${seq} 条没有记载原件`, `entry ${seq} names no object of a recorder`);
    }
    if (recordingId(fields.recorder, object.sha256) !== recording) {
      refuse("编号与记录仪和摘要不符", "the id does not follow from recorder and digest");
    }
    return object;
  }

  /** Every file of a package has a place: a manifest that names another makes it no part. */
  checkUnnamed() {
    for (const path of this.bag.found.keys()) {
      const isNamed = this.named.has(path) || READABLE.has(path) ||
        (path.startsWith("proof/authorities/") && path.endsWith(".pem") && isAuthority(path.slice(18, -4)));
      if (!isNamed) this.bag.strange(path, "多出：证据包的目录没有提到它", "added: the index does not name it");
    }
  }

  leaveRest() {
    const { report } = this;
    const only = ["证据包只含有关的条目", "a package holds only the entries that concern it"];
    [CHECK.BUNDLES, CHECK.ROOT, CHECK.TILES, CHECK.UNLOGGED].forEach((check) => report.skip(check, ...only));
    report.skip(CHECK.TIME, ...only);
    report.skip(CHECK.BODIES, "请用 evd verify --bodies", "ask evd verify --bodies");
    report.skip(CHECK.CATALOG, "证据包里没有目录数据库", "a package holds no catalog");
    report.leave("custody.html、custody.json 与 README.txt 的内容：以 proof/ 中的条目为准",
      "what custody.html, custody.json and README.txt say: what counts are the entries in proof/");
    report.leave("包内自带的核验程序：请使用另行取得的", "the verifiers inside the package: use one that you have from elsewhere");
    report.leave("日志中其余的条目：证据包只含有关的条目", "the other entries of the log: a package holds only those that concern it");
    for (const sentence of this.index.not_included) {
      report.leave(sentence, sentence);
    }
  }
}
