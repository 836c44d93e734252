/* ---------------------------------------------------------------------------------------------
 * A whole log (checks 1 to 9): read once, one bundle in memory.
 *
 * Two trees grow side by side, one made from the entries and one from the stored tiles of level 0.
 * In the end the signed root says which of them is the log's, and so what was changed.
 * ------------------------------------------------------------------------------------------ */

const MAX_MISSING_RUN = 64;

/** Walks the entries in their order and names what does not fit. */
class EntryWalk {
  constructor(report, size, onEntry) {
    this.report = report;
    this.size = size;
    this.onEntry = onEntry;
    this.keyring = new Keyring();
    this.clock = new ClockWatch();
    this.next = 0;
    this.prev = ZERO_PREV; // null where the entry before is in doubt
    this.before = null; // {leaf, recorded} of the entry before
    this.named = new Set();
  }

  defect(subject, zh, en) {
    this.straight = false;
    if (this.named.has(subject)) return;
    if (this.named.size < 10000) this.named.add(subject);
    this.report.add("LOG_INCONSISTENT", CHECK.ENTRIES, subject, say(zh, en));
  }

  /** Walk one bundle; whether everything in it was in its place. */
  take(start, width, entries, leaves, recorded) {
    this.straight = this.next === start;
    const read = entries.map((bytes) => {
      try {
        return { fields: readEntry(bytes) };
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        return { fields: null, words: error.words };
      }
    });
    if (!this.takeReordered(start, width, read)) {
      read.forEach((one, at) => this.takeOne(one, leaves[at], recorded[at] ?? null));
    }
    read.forEach(({ fields }) => fields && this.interpret(fields));
    return this.straight;
  }

  /** Entries that are all there in another order are named as that. */
  takeReordered(start, width, read) {
    if (read.length !== width || this.next !== start) return false;
    const seqs = read.map(({ fields }) => fields?.seq ?? -1);
    const wrong = seqs.map((seq, at) => (seq === start + at ? -1 : start + at)).filter((seq) => seq >= 0);
    if (wrong.length === 0 || new Set(seqs).size !== width) return false;
    if (seqs.some((seq) => seq < start || seq >= start + width)) return false;
    const [first, last] = [wrong[0], wrong[wrong.length - 1]];
    if (wrong.length === 2) {
      this.defect(`entry ${first}`, `次序颠倒：与第 ${last} 条互换了位置`,
        `reordered: changed places with entry ${last}`);
    } else {
      this.defect(numbered(first, last), "次序颠倒：未按编号排列", "reordered: not in the order of their numbers");
    }
    this.skipTo(start + width);
    return true;
  }

  takeOne({ fields, words }, leaf, recorded) {
    if (fields === null) {
      this.defect(`entry ${this.next}`, `被改动：${words.zh}`, `changed: ${words.en}`);
      this.next++;
      this.prev = this.before = null;
    } else if (fields.seq >= this.size) {
      this.defect(`entry ${fields.seq}`, `多出：检查点只含 ${this.size} 条`,
        `added: the checkpoint covers ${this.size} entries`);
    } else if (fields.seq === this.next) {
      if (this.prev !== null && fields.prev !== this.prev) this.nameBrokenLink(fields, leaf, recorded);
      this.accept(fields, leaf, recorded);
    } else if (fields.seq > this.next) {
      this.defect(numbered(this.next, fields.seq - 1), `被删除：其后是第 ${fields.seq} 条`,
        `removed: entry ${fields.seq} follows`);
      this.accept(fields, leaf, recorded);
    } else {
      this.defect(`entry ${fields.seq}`, `放错位置：出现在第 ${this.next} 条处`,
        `misplaced: found at the place of entry ${this.next}`);
    }
  }

  /** Which of two neighbours was changed, where the chain between them breaks. */
  nameBrokenLink(fields, leaf, recorded) {
    const seq = fields.seq;
    const known = this.before !== null && this.before.recorded !== null && recorded !== null;
    const isAsRecorded = (one) => sameBytes(one.leaf, one.recorded);
    if (seq === 0) {
      this.defect("entry 0", "被改动：首条的 prev 不是全零", "changed: prev of the first entry is not zeros");
    } else if (known && isAsRecorded(this.before) && !sameBytes(leaf, recorded)) {
      this.defect(`entry ${seq}`, `被改动：它不承接第 ${seq - 1} 条`, `changed: it does not follow entry ${seq - 1}`);
    } else {
      this.defect(`entry ${seq - 1}`, `被改动：第 ${seq} 条承接的是另一内容`,
        `changed: entry ${seq} follows another one`);
    }
  }

  accept(fields, leaf, recorded) {
    this.clock.see(fields);
    this.next = fields.seq + 1;
    this.prev = toHex(leaf);
    this.before = { leaf, recorded };
  }

  /** Go on behind entries that could not be read and were reported. */
  skipTo(seq) {
    this.next = Math.max(this.next, seq);
    this.prev = this.before = null;
  }

  interpret(fields) {
    if (fields.act === "key") {
      this.report.attempt("SIGNATURE", CHECK.KEYS, `entry ${fields.seq}`,
        () => this.keyring.take(fields.seq, fields));
    }
    this.onEntry(fields);
  }

  finish() {
    if (this.next < this.size) {
      this.defect(numbered(this.next, this.size - 1), `被删除：检查点含 ${this.size} 条`,
        `removed: the checkpoint covers ${this.size} entries`);
    }
    this.clock.finish(this.report);
    this.report.make(CHECK.ENTRIES, CHECK.KEYS);
    if (this.keyring.first === null) {
      this.report.add("SIGNATURE", CHECK.KEYS, "entry 0",
        say("不是可读的密钥条目，日志没有自己的密钥", "not a readable key entry, so the log names no key"));
    }
    reportSuccession(this.report, this.keyring);
  }
}

/** Both trees, and the tiles of every level held against them (checks 5 and 6). */
class TreeCheck {
  constructor(files, knownSizes) {
    this.files = files;
    this.made = { frontier: new Frontier(), differing: [], count: 0 };
    this.recorded = { frontier: new Frontier(), differing: [], count: 0 };
    this.rows = []; // the growing tile of each level above 0
    this.whole = true; // whether every leaf came from an entry
    this.hollow = false; // whether for some there was neither entry nor tile
    this.known = new Map();
    this.sizes = [...new Set(knownSizes)].sort((a, b) => a - b);
    this.doubtful = [];
    this.keepKnown(0, 0, [], []);
  }

  async take(index, width, leaves, stored, straight) {
    const tile = stored === null ? null : splitHashes(stored);
    let made = leaves.length === width ? leaves : tile;
    let recorded = tile ?? made;
    this.whole = this.whole && leaves.length === width;
    if (made === null) {
      this.hollow = true;
      made = recorded = Array.from({ length: width }, () => new Uint8Array(HASH_BYTES));
    }
    const start = index * TILE_WIDTH;
    this.keepKnown(start, width, made, recorded);
    const differing = made.map((hash, at) => (sameBytes(hash, recorded[at]) ? -1 : at)).filter((at) => at >= 0);
    if (width === TILE_WIDTH) {
      const madeRoot = rootOf(made);
      const recordedRoot = differing.length === 0 ? madeRoot : rootOf(recorded);
      this.made.frontier.add(madeRoot, 8);
      this.recorded.frontier.add(recordedRoot, 8);
      await this.push(1, madeRoot, recordedRoot);
    } else {
      made.forEach((hash) => this.made.frontier.add(hash));
      recorded.forEach((hash) => this.recorded.frontier.add(hash));
    }
    if (differing.length > 0) {
      this.note(this.made, tilePath(0, index, width),
        say(`第 ${differing[0]} 个哈希不是第 ${start + differing[0]} 条的`,
          `hash ${differing[0]} is not that of entry ${start + differing[0]}`));
      if (straight) differing.forEach((at) => this.doubt(start + at));
    }
  }

  note(tree, path, words) {
    tree.count++;
    if (tree.differing.length < MAX_FINDINGS) tree.differing.push({ path, words });
  }

  doubt(seq) {
    const last = this.doubtful[this.doubtful.length - 1];
    if (last && last.last === seq - 1) last.last = seq;
    else if (this.doubtful.length < MAX_FINDINGS) this.doubtful.push({ first: seq, last: seq });
  }

  async push(level, made, recorded) {
    const row = (this.rows[level - 1] ??= { index: 0, made: [], recorded: [] });
    row.made.push(made);
    row.recorded.push(recorded);
    if (row.made.length < TILE_WIDTH) return;
    await this.compare(level, row);
    const roots = [rootOf(row.made), rootOf(row.recorded)];
    this.rows[level - 1] = { index: row.index + 1, made: [], recorded: [] };
    await this.push(level + 1, ...roots);
  }

  async compare(level, row) {
    const width = row.made.length;
    const stored = await this.files.tile(level, row.index, width);
    if (stored === null) return;
    const hashes = splitHashes(stored);
    for (const [tree, tile] of [[this.made, row.made], [this.recorded, row.recorded]]) {
      const at = hashes.findIndex((hash, n) => !sameBytes(hash, tile[n]));
      if (at >= 0) {
        this.note(tree, tilePath(level, row.index, width),
          say(`第 ${at} 个哈希不同`, `hash ${at} is another`));
      }
    }
  }

  keepKnown(start, width, made, recorded) {
    while (this.sizes.length > 0 && this.sizes[0] <= start + width) {
      const size = this.sizes.shift();
      const root = (tree, hashes) => {
        const frontier = tree.frontier.copy();
        hashes.slice(0, size - start).forEach((hash) => frontier.add(hash));
        return frontier.root();
      };
      this.known.set(size, [root(this.made, made), root(this.recorded, recorded)]);
    }
  }

  async finish() {
    for (const [at, row] of this.rows.entries()) {
      if (row.made.length > 0) await this.compare(at + 1, row);
    }
  }

  report(report, checkpoint) {
    const made = this.made.frontier.root();
    const recorded = this.recorded.frontier.root();
    if (sameBytes(made, checkpoint.root)) {
      this.reportTiles(report, this.made);
      return;
    }
    if (!this.hollow) {
      report.add("LOG_INCONSISTENT", CHECK.ROOT, "checkpoint",
        say(`条目算出的根是 ${toHex(made)}，检查点的是 ${toHex(checkpoint.root)}`,
          `the entries hash to ${toHex(made)}, the checkpoint says ${toHex(checkpoint.root)}`));
    }
    const tilesHold = sameBytes(recorded, checkpoint.root);
    if (tilesHold) {
      this.reportTiles(report, this.recorded);
    } else if (this.made.count > 0) {
      report.add("LOG_INCONSISTENT", CHECK.TILES, this.made.differing[0].path,
        say(`${this.made.count} 个哈希文件与条目不符`, `${this.made.count} stored tiles differ from the entries`));
    }
    for (const { first, last } of this.doubtful) {
      report.add("LOG_INCONSISTENT", CHECK.ROOT, numbered(first, last), tilesHold
        ? say("被改动：哈希文件能导出签名的根，其中的哈希不同",
          "changed: the tiles, which lead to the signed root, hold another hash")
        : say("它或其哈希被改动：两者不同，且都不能导出签名的根",
          "changed, or its tile: they differ, and neither leads to the signed root"));
    }
  }

  reportTiles(report, tree) {
    for (const { path, words } of tree.differing) {
      report.add("LOG_INCONSISTENT", CHECK.TILES, path, say(`被改动：${words.zh}`, `changed: ${words.en}`));
    }
  }

  /** The roots that the log may have had at a size. */
  rootsAt(size, checkpoint) {
    const [made, recorded] = this.known.get(size) ?? [];
    if (made === undefined) return [];
    if (sameBytes(this.made.frontier.root(), checkpoint.root)) return [made];
    if (sameBytes(this.recorded.frontier.root(), checkpoint.root)) return [recorded];
    return [made, recorded];
  }
}

/**
 * Check a log folder. `question` has pinned and known; `anchors` are further checkpoints whose
 * roots are wanted. Gives {checkpoint, keyring, tree}, or null where there is no checkpoint.
 */
async function checkLog(folder, report, question, anchors, onEntry, progress) {
  const bytes = await folder.read("checkpoint", MAX_NOTE_BYTES + 1);
  if (bytes === null) {
    report.add("MISSING_FILE", CHECK.CHECKPOINT, "checkpoint", say("日志没有检查点", "the log has no checkpoint"));
    report.leave("全部内容：没有可供核对的检查点", "everything: there is no checkpoint to check against");
    return null;
  }
  const checkpoint = report.attempt("LOG_INCONSISTENT", CHECK.CHECKPOINT, "checkpoint", () => readCheckpoint(bytes));
  if (checkpoint === undefined) {
    report.leave("全部内容：检查点无法读取", "everything: the checkpoint cannot be read");
    return null;
  }
  report.make(CHECK.CHECKPOINT);
  const { size, origin } = checkpoint;
  Object.assign(report.facts, { origin, entries: size, root: toHex(checkpoint.root) });
  const files = new LogFiles(folder, report);
  const walk = new EntryWalk(report, size, onEntry);
  const sizes = [...question.known, ...anchors].filter((one) => one.origin === origin).map((one) => one.size);
  const tree = new TreeCheck(files, sizes);
  const complete = await readBundles(files, walk, tree, size, report, progress);
  if (complete) {
    await tree.finish();
    tree.report(report, checkpoint);
  }
  files.finish();
  walk.finish();
  checkSignature(report, checkpoint, walk.keyring, question.pinned);
  report.make(CHECK.BUNDLES);
  if (complete && !tree.hollow) report.make(CHECK.ROOT, CHECK.TILES);
  if (tree.hollow) report.leave("根：有的条目和哈希文件都缺失", "the root: of some entries neither bundle nor tile is there");
  else if (!tree.whole) report.leave("仅由条目算出的根：部分由哈希文件代替", "the root over the entries alone: tiles stood in for some");
  checkKnown(report, checkpoint, walk.keyring, complete ? tree : null, question.known);
  return { checkpoint, keyring: walk.keyring, tree: complete && !tree.hollow ? tree : null };
}

/** Read every bundle and its tile; false where that was given up. */
async function readBundles(files, walk, tree, size, report, progress) {
  let missing = 0;
  for (let index = 0; index * TILE_WIDTH < size; index++) {
    const start = index * TILE_WIDTH;
    const width = Math.min(TILE_WIDTH, size - start);
    const { entries, whole } = await files.bundle(index, width);
    const stored = await files.tile(0, index, width);
    const leaves = entries.map(leafHash);
    const straight = walk.take(start, width, entries, leaves, stored === null ? [] : splitHashes(stored));
    if (!whole) walk.skipTo(start + width);
    await tree.take(index, width, leaves, stored, straight);
    missing = whole || entries.length > 0 ? 0 : missing + 1;
    if (missing === MAX_MISSING_RUN) {
      walk.skipTo(size);
      report.leave(`第 ${start + width} 条以后的内容：连续缺失 ${missing} 个条目文件`,
        `entries from ${start + width} on, the root and known checkpoints: ${missing} bundles in a row are missing`);
      return false;
    }
    progress.entries(start + width, size);
  }
  return true;
}

/** Check 9: checkpoints from elsewhere. `tree` is null where the log gives no roots. */
function checkKnown(report, checkpoint, keyring, tree, known) {
  if (known.length > 0) report.make(CHECK.KNOWN);
  else report.skip(CHECK.KNOWN, "没有提供外部保存的检查点", "no checkpoint from elsewhere was given");
  for (const one of known) {
    const subject = `known checkpoint of size ${one.size}`;
    if (!isSignedRightly(report, one, subject, keyring)) continue;
    const against = (zh, en) => report.add("ROLLED_BACK", CHECK.KNOWN, subject, say(zh, en));
    if (one.origin !== checkpoint.origin) {
      checkPredecessor(report, one, keyring, against);
    } else if (one.size > checkpoint.size) {
      against(`被回退：日志只有 ${checkpoint.size} 条`, `rolled back: the log has only ${checkpoint.size} entries`);
    } else if (tree === null || tree.hollow) {
      report.leave(`外部检查点（${one.size} 条）：日志没有可比的根`, `${subject}: there is no root`);
    } else if (!tree.rootsAt(one.size, checkpoint).some((root) => sameBytes(root, one.root))) {
      against("被改写：日志在该处的根不同", "forked: the log has another root at that size");
    }
  }
}

/** A known checkpoint of another origin is of the log that this one follows, or wrong. */
function checkPredecessor(report, one, keyring, against) {
  const earlier = keyring.succeeds;
  if (earlier === null || earlier.origin !== one.origin) {
    against(`属于另一份日志：${one.origin}`, `forked: it is of another log, ${one.origin}`);
  } else if (one.size > earlier.size) {
    against(`被回退：日志只从其第 ${earlier.size} 条接续`,
      `rolled back: the log follows ${one.origin} from entry ${earlier.size} only`);
  } else if (one.size === earlier.size && toHex(one.root) !== earlier.root) {
    against("被改写：接续处的根不同", `forked: ${one.origin} is followed from another root at that size`);
  } else {
    report.leave(`前一份日志的检查点（${one.size} 条）`, `known checkpoint of size ${one.size} of ${one.origin}`);
  }
}

/** Whether what was brought is not spoilt by a wrong signature of the log's own keys. */
function isSignedRightly(report, one, subject, keyring) {
  let signed = false;
  for (const { key } of keyring.keys) {
    if (!one.signatures.some((line) => line.name === key.name && line.hash === key.hash)) continue;
    try {
      verifyNote(one, key);
      signed = true;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      report.add("SIGNATURE", CHECK.KNOWN, subject, error.words);
      return false;
    }
  }
  if (!signed) {
    report.leave(`外部检查点（${one.size} 条）由谁签名：不是日志的密钥`,
      `who signed the ${subject}: none of the log's keys did`);
  }
  return true;
}
