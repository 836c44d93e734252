/* ---------------------------------------------------------------------------------------------
 * Archive folders and log folders (checks 1 to 9, 11 to 13, 15 and 16), and what stands beside a
 * log: stamped and witnessed checkpoints.
 * ------------------------------------------------------------------------------------------ */

/** The kept checkpoints of a log folder, and its tokens by path. */
async function readKept(folder, report) {
  const checkpoints = new Map();
  for (const path of folder.paths("checkpoints/")) {
    const size = path.slice("checkpoints/".length);
    if (!/^[0-9]+$/.test(size)) continue;
    const bytes = await folder.read(path, MAX_NOTE_BYTES + 1);
    const checkpoint = report.attempt("TIMESTAMP", CHECK.TOKENS, path, () => readCheckpoint(bytes));
    if (checkpoint !== undefined) checkpoints.set(Number(size), { ...checkpoint, path });
  }
  const tokens = folder.paths("timestamps/").map((path) => ({
    path, parts: /^timestamps\/([0-9]+)\/([a-z0-9][a-z0-9._-]{0,63})\.tsr$/.exec(path),
  }));
  return { checkpoints, tokens: tokens.filter((one) => one.parts !== null) };
}

/** Checks 15 and 16 beside a whole log. */
async function checkKept(folder, report, kept, log, logged) {
  const { checkpoint, keyring, tree } = log;
  const shown = new Map([[checkpoint.size, checkpoint]]);
  for (const [size, one] of kept.checkpoints) {
    report.attempt("TIMESTAMP", CHECK.TOKENS, one.path, () => {
      const key = keyring.at(size);
      if (one.size !== size || one.origin !== checkpoint.origin) fail("属于另一份日志或另一处", "it is of another log or size");
      if (key !== null) verifyNote(one, key);
      const isPast = size <= checkpoint.size && (tree === null || tree.rootsAt(size, checkpoint).some((root) => sameBytes(root, one.root)));
      if (!isPast) fail("不是此日志的过去", "it is not of this log's past");
      shown.set(size, one);
    });
  }
  for (const one of shown.values()) {
    checkCosignatures(report, one.path ?? "checkpoint", one, logged.witnesses, keyring);
  }
  for (const { path, parts } of kept.tokens) {
    const [, size, authority] = parts;
    const anchor = shown.get(Number(size));
    const stamp = logged.stamps.find((one) => one.size === Number(size) && one.authority === authority);
    if (anchor === undefined) {
      report.add("TIMESTAMP", CHECK.TOKENS, path, say("没有它所盖的检查点", "the checkpoint that it is over is not here"));
    } else {
      checkToken(report, path, await folder.read(path), anchor, stamp);
    }
  }
  for (const stamp of logged.stamps) {
    const path = `timestamps/${stamp.size}/${stamp.authority}.tsr`;
    if (!folder.has(path)) {
      report.add("MISSING_FILE", CHECK.TOKENS, path, say(`第 ${stamp.seq} 条提到它，文件夹里没有`, `entry ${stamp.seq} names it, the log has it not`));
    }
  }
  finishAnchors(report);
}

/** A log folder, with all that stands beside the log. Gives {log, logged}. */
async function checkLogFolder(folder, report, question, progress) {
  const logged = new LoggedObjects();
  const kept = await readKept(folder, report);
  const anchors = [...kept.checkpoints.values()];
  const log = await checkLog(folder, report, question, anchors, (fields) => logged.see(fields), progress);
  if (log !== null) await checkKept(folder, report, kept, log, logged);
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
