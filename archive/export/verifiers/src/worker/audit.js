/* ---------------------------------------------------------------------------------------------
 * Audit packs: the whole log, the list of objects, the rule files, and a sample of originals drawn
 * by a seed (checks 1 to 9, 11, 12, 15, 16 and 18). List and sample are derived again here.
 * ------------------------------------------------------------------------------------------ */

const OBJECTS_HEADING = "sha256\tsm3\tsize_bytes\tseq\trecordings\n";
const RULES = "data/rules/";

async function checkAuditPack(bag, index, question) {
  const { folder, report, progress } = bag;
  const { log, logged } = await checkLogFolder(folder.below("data/log/"), report, question, progress);
  report.facts.objects = logged.objects.size;
  report.facts.size_bytes = [...logged.objects.values()].reduce((sum, one) => sum + one.size, 0);
  report.skip(CHECK.UNLOGGED, "只有抽样的原件", "only a sample of the originals is here");
  report.leave("抽样以外的原件、目录数据库", "objects outside of the sample, and the catalog");
  report.leave("包内自带的核验程序：请使用另行取得的", "the verifiers inside the package: use one that you have from elsewhere");
  index.not_included.forEach((sentence) => report.leave(sentence, sentence));
  if (log === null) return;
  checkSample(bag, logged, index);
  if (report.failed(CHECK.CHECKPOINT, CHECK.BUNDLES, CHECK.ENTRIES)) {
    report.leave("原件清单与抽样：条目缺失或存疑", "the list of objects and the sample: entries are missing or in doubt");
    return;
  }
  compareLists(bag, logged, index);
  compareRules(bag, logged);
}

/** The sample that the seed draws: all objects ranked by SHA-256(seed ‖ 00 ‖ digest). */
function drawSample(logged, { seed, count }) {
  const prefix = joinBytes(toUtf8(seed), Uint8Array.of(0));
  return [...logged.objects.keys()]
    .map((digest) => ({ digest, rank: toHex(sha256(prefix, toUtf8(digest))) }))
    .sort((one, other) => (one.rank < other.rank ? -1 : 1))
    .slice(0, count)
    .map((one) => one.digest);
}

/** List and sample as the entries make them, and nothing else beside them. */
function compareLists(bag, logged, index) {
  const made = newSha256().update(toUtf8(OBJECTS_HEADING));
  for (const [digest, { sm3: second, size, seq }] of logged.objects) {
    const ids = (logged.recordings.get(digest) ?? []).join(",");
    made.update(toUtf8(`${[digest, second ?? "-", size, seq, ids].join("\t")}\n`));
  }
  const listed = bag.found.get("data/objects.tsv");
  if (listed === undefined) bag.missing("data/objects.tsv", "缺失", "missing: a pack lists its objects");
  else if (listed.sha256 !== toHex(made.digest())) {
    bag.strange("data/objects.tsv", "被改动：与条目所得不同", "changed: not what the entries make");
  }
  if (index.objects !== logged.objects.size) {
    bag.strange(PACKAGE_INDEX, `说有 ${index.objects} 件原件，条目有 ${logged.objects.size} 件`,
      `says ${index.objects} objects, the entries name ${logged.objects.size}`);
  }
  const drawn = drawSample(logged, index.sample);
  if (drawn.join() !== index.sample.objects.join()) {
    bag.strange(PACKAGE_INDEX, "抽样不是按种子抽取的", "the sample is not the one that its seed gives");
  }
  const sample = new Set(index.sample.objects.map((digest) => `data/${objectPath(digest)}`));
  for (const path of bag.found.keys()) {
    const isOurs = sample.has(path) || path.startsWith("data/log/") || path.startsWith(RULES) || path === "data/objects.tsv";
    if (isPayload(path) && !isOurs) bag.strange(path, "多出：不在抽样中", "added: it is not of the sample");
  }
}

/** data/rules/: the rule files that the last `config` entry names. */
function compareRules(bag, logged) {
  if (logged.config === null) return;
  const rules = logged.config.rules ?? {};
  for (const [path, found] of bag.found) {
    if (path.startsWith(RULES) && rules[path.slice(RULES.length)] !== found.sha256) {
      bag.report.add("DIGEST_MISMATCH", CHECK.BAG, path,
        say(`不是第 ${logged.config.seq} 条所记的规则文件`, `is not the rule file that entry ${logged.config.seq} names`));
    }
  }
}

/** Checks 11 and 12 for the objects that the index says were drawn. */
function checkSample(bag, logged, index) {
  const { report } = bag;
  report.make(CHECK.PRESENT, CHECK.DIGESTS);
  report.facts.sample = { seed: index.sample.seed, count: index.sample.count, found: 0 };
  for (const digest of index.sample.objects) {
    const object = logged.objects.get(digest);
    const path = objectPath(digest);
    const found = bag.found.get(`data/${path}`);
    if (object === undefined) continue; // the list says so
    if (found === undefined && logged.evicted.has(digest)) {
      report.leave(`${digest}：只存于附加存储`, `${digest}: lies in a further store only`);
    } else if (found === undefined) {
      report.add("MISSING_FILE", CHECK.PRESENT, path, say("抽中的原件缺失", "an object of the sample is missing"));
    } else {
      report.facts.sample.found++;
      const differs = ["size", "sha256", "sm3"].find((name) => object[name] !== null && found[name] !== object[name]);
      if (differs) {
        report.add("DIGEST_MISMATCH", CHECK.DIGESTS, path,
          say(`${differs} 为 ${found[differs]}，第 ${object.seq} 条记载 ${object[differs]}`,
            `has ${differs} ${found[differs]}, entry ${object.seq} says ${object[differs]}`));
      }
    }
  }
}
