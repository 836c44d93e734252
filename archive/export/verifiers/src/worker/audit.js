/* ---------------------------------------------------------------------------------------------
 * Audit packs: the whole log, the list of objects, the rule files, and a sample of originals drawn
 * by a seed (checks 1 to 9, 11, 12, 15, 16 and 18). List and sample are derived again here.
 * ------------------------------------------------------------------------------------------ */

const OBJECTS_HEADER = "sha256\tsm3\tsize_bytes\tfirst_seq\trecordings";

async function checkAuditPack(folder, report, question, progress) {
  const bag = new Bag(folder, report, progress);
  await bag.open();
  const { log, logged } = await checkLogFolder(folder.below("data/log/"), report, question, progress);
  await bag.readAll();
  report.skip(CHECK.UNLOGGED, "只有抽样的原件", "only a sample of the originals is here");
  report.facts.objects = logged.objects.size;
  report.facts.size_bytes = [...logged.objects.values()].reduce((sum, one) => sum + one.size, 0);
  const bytes = await folder.read(PACKAGE_INDEX);
  const index = report.attempt(bytes === null ? "MISSING_FILE" : "BAG_MISMATCH", CHECK.BAG, PACKAGE_INDEX, () => {
    const made = readIndex(bytes, "audit_pack");
    const { seed, count, objects } = made.sample ?? {};
    if (typeof seed !== "string" || !isCount(count) || !isListOf(objects, (one) => isHex(one, 64))) {
      fail("不是审计包的目录", "not the index of an audit pack");
    }
    return made;
  });
  if (index === undefined || log === null) return;
  if (index.size !== log.checkpoint.size || index.origin !== log.checkpoint.origin) {
    report.add("BAG_MISMATCH", CHECK.BAG, PACKAGE_INDEX, say("目录所说的检查点不是这一个", "it speaks of another checkpoint"));
  }
  await checkObjectList(folder, report, logged, index);
  checkRules(bag, report, logged);
  checkSample(bag, folder, report, logged, index);
  for (const sentence of index.not_included ?? []) {
    if (typeof sentence === "string") report.leave(sentence, sentence);
  }
}

/** data/objects.tsv as the entries make it. */
async function checkObjectList(folder, report, logged, index) {
  const path = "data/objects.tsv";
  const text = await folder.text(path, MAX_MANIFEST_BYTES);
  const wrong = (zh, en) => report.add("BAG_MISMATCH", CHECK.BAG, path, say(zh, en));
  if (text === null) {
    report.add("MISSING_FILE", CHECK.BAG, path, say("缺失", "missing"));
    return;
  }
  const lines = text.split("\n");
  if (lines.pop() !== "" || lines.shift()?.split("\t").length !== OBJECTS_HEADER.split("\t").length) {
    wrong("表头不正确", "its header is not the one of an object list");
    return;
  }
  const listed = new Map(lines.map((line) => [line.split("\t")[0], line]));
  if (listed.size !== lines.length || index.objects !== lines.length) {
    wrong("原件数与目录不符", "it has another number of objects than the index says");
  }
  for (const [digest, object] of logged.objects) {
    const ids = (logged.recordings.get(digest) ?? []).join(",");
    const wanted = [digest, object.sm3 ?? "-", object.size, object.seq, ids].join("\t");
    if (listed.get(digest) !== wanted) wrong(`${digest} 与条目不符`, `${digest} is not listed as its entries say`);
    listed.delete(digest);
  }
  for (const digest of listed.keys()) wrong(`${digest} 不在日志中`, `no entry names ${digest}`);
}

/** data/rules/: the rule files that the last `config` entry names. */
function checkRules(bag, report, logged) {
  const rules = logged.config?.rules ?? {};
  const found = [...bag.found].filter(([path]) => path.startsWith("data/rules/"));
  for (const [path, digests] of found) {
    const name = path.slice("data/rules/".length);
    if (digests !== null && rules[name] !== digests.sha256) {
      report.add("DIGEST_MISMATCH", CHECK.BAG, path, say("不是日志所记的规则文件", "is not the rule file that the log names"));
    }
  }
  const missing = Object.keys(rules).filter((name) => !bag.found.has(`data/rules/${name}`));
  if (missing.length > 0) report.leave(`不在包内的规则文件：${missing.join("、")}`, `rule files that are not in the pack: ${missing.join(", ")}`);
}

/** The sample, drawn again, and its bytes (checks 11 and 12). */
function checkSample(bag, folder, report, logged, index) {
  const { seed, count, objects } = index.sample;
  const prefix = joinBytes(toUtf8(seed), Uint8Array.of(0));
  const ranked = [...logged.objects.keys()]
    .map((digest) => ({ digest, rank: toHex(sha256(prefix, toUtf8(digest))) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .slice(0, count)
    .map((one) => one.digest);
  if (ranked.length !== objects.length || ranked.some((digest, at) => digest !== objects[at])) {
    report.add("BAG_MISMATCH", CHECK.BAG, PACKAGE_INDEX,
      say("抽样不是按种子抽取的", "the sample is not the one that its seed draws"));
  }
  report.make(CHECK.PRESENT, CHECK.DIGESTS);
  report.facts.sample = { seed, count, found: 0 };
  for (const digest of ranked) {
    const path = `data/${objectPath(digest)}`;
    const object = logged.objects.get(digest);
    const found = bag.found.get(path);
    if (!folder.has(path)) {
      if (logged.evicted.has(digest)) report.leave(`${digest}：只存于附加存储`, `${digest}: lies in a further store only`);
      else report.add("MISSING_FILE", CHECK.PRESENT, path, say("抽中的原件缺失", "an object of the sample is missing"));
    } else if (found) {
      report.facts.sample.found++;
      for (const [name, told] of [["size", object.size], ["sha256", object.sha256], ["sm3", object.sm3]]) {
        if (told !== null && found[name] !== undefined && found[name] !== told) {
          report.add("DIGEST_MISMATCH", CHECK.DIGESTS, path,
            say(`${name} 为 ${found[name]}，第 ${object.seq} 条记载 ${told}`, `has ${name} ${found[name]}, entry ${object.seq} says ${told}`));
          break;
        }
      }
    }
  }
}
