/* ---------------------------------------------------------------------------------------------
 * The worker: told which files there are, it says what it finds. Nothing leaves it but messages
 * to the page. A helper is this same worker, told a part of a file (see reading apart).
 * ------------------------------------------------------------------------------------------ */

/** What a folder is, and where it begins below what was chosen. */
function recognise(paths) {
  const marks = [
    ["package", /^(.*\/)?proof\/package\.json$/],
    ["package", /^(.*\/)?bagit\.txt$/],
    ["archive", /^(.*\/)?log\/(?:checkpoint|tile\/.*)$/],
    ["log", /^(.*\/)?(?:checkpoint|tile\/[0-9]\/.*|tile\/entries\/.*)$/],
  ];
  let best = null;
  for (const path of paths) {
    for (const [kind, form] of marks) {
      const found = form.exec(path);
      if (found === null) continue;
      const base = found[1] ?? "";
      const depth = base.split("/").length;
      if (best === null || depth < best.depth) best = { kind, base, depth };
      break;
    }
  }
  return best;
}

/** Known answers, computed before anything is judged. Throws where this browser miscalculates. */
function testYourself() {
  const abc = toUtf8("abc");
  const answers = [
    [sha256(abc), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
    [sm3(abc), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"],
    [sha512(abc).subarray(0, 16), "ddaf35a193617abacc417349ae204131"],
  ];
  // RFC 8032 §7.1, TEST 2.
  const key = fromHex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const signature = fromHex(
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
    "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
  );
  const holds = answers.every(([made, wanted]) => toHex(made) === wanted) &&
    ed25519Verifies(key, Uint8Array.of(0x72), signature) &&
    !ed25519Verifies(key, Uint8Array.of(0x73), signature);
  if (!holds) fail("此浏览器的计算自检失败，请换用其他浏览器", "this browser fails the self-test: use another one");
}

/** A checkpoint from elsewhere: a signed note, or the one inside a tlog-proof. */
function readKnown({ name, bytes }) {
  try {
    const isProof = (fromUtf8(bytes.subarray(0, 22)) ?? "") === "c2sp.org/tlog-proof@v1";
    return readCheckpoint(isProof ? readProof(bytes).checkpoint : bytes);
  } catch (error) {
    if (error instanceof Malformed) fail(`${name}：${error.words.zh}`, `${name}: ${error.words.en}`);
    throw error;
  }
}

/**
 * Verify a folder. `files` is a Map from path to File, `source` the text of this worker. Gives
 * {kind, findings, summary}.
 */
async function verify({ files, key, known, source = null }, tell) {
  testYourself();
  await tryBrowserSha256();
  const question = {
    pinned: key === "" ? null : readKey(key),
    known: known.map(readKnown),
  };
  const place = recognise(files.keys());
  if (place === null) {
    fail("这个文件夹不是证据包、审计包、档案库或日志", "this folder is no evidence package, audit pack, archive or log");
  }
  const folder = new Folder(files, new Helpers(source)).below(place.base);
  const report = new Report();
  const progress = new Progress(tell);
  let kind = place.kind;
  if (kind === "archive") await checkArchive(folder, report, question, progress);
  else if (kind === "log") await checkPlainLog(folder, report, question, progress);
  else kind = await checkBag(folder, report, question, progress);
  report.facts.origin_proven = question.pinned !== null && report.facts.root !== "" &&
    !report.failed(...PROVING);
  return { kind, ...report.finish() };
}

/** The checks without which a pinned key proves nothing about the entries. */
const PROVING = [
  CHECK.CHECKPOINT, CHECK.SIGNATURE, CHECK.BUNDLES, CHECK.ENTRIES, CHECK.ROOT, CHECK.KEYS,
  CHECK.INCLUSION,
];

async function checkBag(folder, report, question, progress) {
  const bag = new Bag(folder, report, progress);
  await bag.check();
  const index = await readIndex(folder, report);
  if (index === null) {
    report.leave("除文件以外的一切：没有目录就无从知道包内应有什么",
      "everything but the files: without its index nobody knows what the package holds");
    return folder.paths("data/log/").length > 0 ? "audit_pack" : "evidence_package";
  }
  if (index.kind === "audit_pack") await checkAuditPack(bag, index, question);
  else await new EvidencePackage(bag, index, question).check();
  return index.kind;
}

self.onmessage = async ({ data }) => {
  if (data.part) return help(data);
  const tell = (message) => self.postMessage(message);
  try {
    tell({ type: "done", ...(await verify({ ...data, files: new Map(data.files) }, tell)) });
  } catch (error) {
    const words = error instanceof Malformed || error instanceof Unreadable
      ? error.words
      : say(`程序错误：${error}`, `an error in this program: ${error}`);
    tell({ type: "refused", words });
  }
};
