/* ---------------------------------------------------------------------------------------------
 * Archive folders and log folders (checks 1 to 9, 11 to 13, 15 and 16), and what stands beside a
 * log: stamped and witnessed checkpoints.
 * ------------------------------------------------------------------------------------------ */

/** The kept checkpoints of a log folder, by size, and its tokens. */
async function readKept(folder, report) {
  const checkpoints = new Map();
  for (const path of folder.paths("checkpoints/")) {
    const name = path.slice("checkpoints/".length);
    const bytes = await folder.read(path, MAX_NOTE_BYTES + 1);
    const note = report.attempt("LOG_INCONSISTENT", CHECK.KNOWN, path, () => {
      const made = readCheckpoint(bytes);
      if (String(made.size) !== name) fail(`它属于前 ${made.size} 条`, `it is of ${made.size} entries`);
      return made;
    });
    if (note !== undefined) checkpoints.set(note.size, { ...note, path });
  }
  const tokens = folder.paths("timestamps/").map((path) => ({
    path, parts: /^timestamps\/([0-9]+)\/([a-z0-9][a-z0-9._-]{0,63})\.tsr$/.exec(path),
  }));
  return { checkpoints, tokens: tokens.filter((one) => one.parts !== null) };
}

/** Checks 9, 15 and 16 for what is kept beside a whole log. */
async function checkKept(folder, report, kept, log, logged) {
  const { checkpoint, keyring, tree } = log;
  const shown = new Map([[checkpoint.size, checkpoint]]);
  if (kept.checkpoints.size > 0) report.make(CHECK.KNOWN);
  for (const [size, note] of kept.checkpoints) {
    const key = keyring.at(size);
    const isSigned = report.attempt("SIGNATURE", CHECK.KNOWN, note.path, () =>
      (key === null ? fail("日志没有它的密钥", "the log has no key for it") : verifyNote(note, key) ?? true));
    const isPast = report.attempt("ROLLED_BACK", CHECK.KNOWN, note.path, () => {
      if (note.origin !== checkpoint.origin) fail(`属于另一份日志：${note.origin}`, `forked: it is of another log, ${note.origin}`);
      if (size > checkpoint.size) fail(`被回退：日志只有 ${checkpoint.size} 条`, `rolled back: the log has only ${checkpoint.size} entries`);
      const roots = tree === null ? [note.root] : tree.rootsAt(size, checkpoint);
      if (!roots.some((root) => sameBytes(root, note.root))) fail("被改写：日志在该处的根不同", "forked: the log has another root at that size");
      return true;
    });
    if (isSigned && isPast) shown.set(size, note);
  }
  for (const note of shown.values()) {
    checkCosignatures(report, note.path ?? "checkpoint", note, logged.witnesses, keyring);
  }
  checkSpokenOf(report, "checkpoints/", kept.checkpoints, logged.witnesses);
  await checkKeptTokens(folder, report, kept, checkpoint, logged.stamps);
  finishAnchors(report);
}

/** What `witness` entries say was cosigned must be there, cosigned. */
function checkSpokenOf(report, folder, checkpoints, witnesses) {
  for (const { seq, size, root, vkey, witness } of witnesses) {
    const path = `${folder}${size}`;
    const note = checkpoints.get(size);
    const hash = String(vkey).split("+")[1];
    const wrong = (code, zh, en) => report.add(code, CHECK.WITNESSES, path, say(zh, en));
    if (note === undefined) {
      wrong("MISSING_FILE", `第 ${seq} 条提到它，它不在`, `entry ${seq} speaks of it, and it is not there`);
    } else if (toHex(note.root) !== root) {
      wrong("LOG_INCONSISTENT", `第 ${seq} 条所说的根不同`, `entry ${seq} speaks of another root`);
    } else if (!note.signatures.some((line) => line.name === witness && line.hash === hash)) {
      wrong("SIGNATURE", `缺少第 ${seq} 条所说的 ${witness} 的联署`, `the cosignature by ${witness} that entry ${seq} speaks of is not there`);
    }
  }
}

async function checkKeptTokens(folder, report, kept, checkpoint, stamps) {
  for (const { path, parts } of kept.tokens) {
    const [, size, authority] = parts;
    const anchor = kept.checkpoints.get(Number(size)) ?? (checkpoint.size === Number(size) ? checkpoint : undefined);
    const speaking = stamps.filter((one) => one.size === Number(size) && one.authority === authority);
    if (anchor === undefined) {
      report.add("TIMESTAMP", CHECK.TOKENS, path, say("没有它所盖的检查点", "the checkpoint that it is over is not here"));
    } else {
      checkToken(report, path, await folder.read(path), anchor, speaking);
    }
  }
  for (const stamp of stamps) {
    const path = `timestamps/${stamp.size}/${stamp.authority}.tsr`;
    if (!folder.has(path)) {
      report.add("MISSING_FILE", CHECK.TOKENS, path, say(`第 ${stamp.seq} 条提到它，它不在`, `entry ${stamp.seq} speaks of it, and it is not there`));
    }
  }
}

/** A log folder, with all that stands beside the log. Gives {log, logged}. */
async function checkLogFolder(folder, report, question, progress) {
  const logged = new LoggedObjects();
  const kept = await readKept(folder, report);
  const anchors = [...kept.checkpoints.values()];
  const log = await checkLog(folder, report, question, anchors, (fields) => logged.see(fields), progress);
  if (log !== null) await checkKept(folder, report, kept, log, logged);
  else for (const { path } of anchors) report.add("SIGNATURE", CHECK.KNOWN, path, say("日志没有它的密钥", "the log has no key for it"));
  report.skip(CHECK.BODIES, "请用 evd verify --bodies", "ask evd verify --bodies");
  report.skip(CHECK.CATALOG, "目录数据库只能由 evd verify --deep 核对", "only evd verify --deep compares the catalog");
  report.skip(CHECK.INCLUSION, "整份日志都在，不需要逐条证明", "the whole log is here, no proof is needed");
  return { log, logged };
}

async function checkArchive(folder, report, question, progress) {
  const { log, logged } = await checkLogFolder(folder.below("log/"), report, question, progress);
  report.facts.objects = logged.objects.size;
  report.facts.size_bytes = [...logged.objects.values()].reduce((sum, one) => sum + one.size, 0);
  report.skip(CHECK.BAG, "档案库不是打包件", "an archive is no bag");
  if (log === null) return;
  const away = await checkObjects(folder, report, [...logged.objects.values()], logged.evicted, progress);
  if (away > 0) report.leave(`${away} 件只存于附加存储的原件`, `${away} objects that lie in further stores only`);
  checkUnlogged(folder, report, logged.objects);
  report.leave("目录数据库：请用 evd verify --deep", "the catalog: ask evd verify --deep");
}

async function checkPlainLog(folder, report, question, progress) {
  const { logged } = await checkLogFolder(folder, report, question, progress);
  report.facts.objects = logged.objects.size;
  const only = ["这里只有日志", "only the log is here"];
  [CHECK.PRESENT, CHECK.DIGESTS, CHECK.UNLOGGED, CHECK.BAG].forEach((check) => report.skip(check, ...only));
  report.leave("原件：这里只有日志", "the originals: only the log is here");
}
