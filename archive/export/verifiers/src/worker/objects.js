/* ---------------------------------------------------------------------------------------------
 * The originals of an archive folder against its log (checks 11 to 13).
 * ------------------------------------------------------------------------------------------ */

const objectPath = (digest) => `objects/${digest.slice(0, 2)}/${digest}`;

/** What the entries of a log say of objects, gathered while they pass by. */
class LoggedObjects {
  constructor() {
    this.objects = new Map(); // by SHA-256
    this.evicted = new Set();
    this.stamps = [];
    this.witnesses = [];
    this.config = null;
    this.recordings = new Map(); // SHA-256 → ids, in the order of entries
  }

  see(fields) {
    if (fields.act === "ingest" || fields.act === "sighting") this.seeFile(fields);
    else if (fields.act === "replicate" && fields.operation === "evict" && fields.store === "landing") {
      if (isHex(fields.object?.sha256, 64)) this.evicted.add(fields.object.sha256);
    } else if (fields.act === "stamp") this.stamps.push(fields);
    else if (fields.act === "witness") this.witnesses.push(fields);
    else if (fields.act === "config") this.config = fields;
  }

  seeFile(fields) {
    const object = readObject(fields);
    if (object === null) return;
    if (fields.act === "ingest" && !this.objects.has(object.sha256)) this.objects.set(object.sha256, object);
    if (fields.act === "ingest" || fields.new_recording === true) {
      const ids = this.recordings.get(object.sha256) ?? [];
      if (!ids.includes(fields.recording)) this.recordings.set(object.sha256, [...ids, fields.recording]);
    }
  }
}

/** Checks 11 and 12 for some objects; whether each is there. Gives the number that are elsewhere. */
async function checkObjects(folder, report, objects, evicted, progress) {
  let away = 0;
  report.make(CHECK.PRESENT, CHECK.DIGESTS);
  for (const object of objects) progress.expect(folder.size(objectPath(object.sha256)) ?? 0);
  for (const object of objects) {
    const path = objectPath(object.sha256);
    if (!folder.has(path)) {
      if (evicted.has(object.sha256)) away++;
      else {
        report.add("MISSING_FILE", CHECK.PRESENT, path,
          say(`第 ${object.seq} 条提到它，文件夹里没有`, `entry ${object.seq} names it, the store has it not`));
      }
    } else {
      await checkObject(folder, report, path, object, progress);
    }
  }
  if (report.failed(CHECK.PRESENT)) report.made.delete(CHECK.DIGESTS);
  return away;
}

/** The bytes of one file against what its entry says. Gives its digests, or null. */
async function checkObject(folder, report, path, object, progress) {
  const wrong = (zh, en) => report.add("DIGEST_MISMATCH", CHECK.DIGESTS, path, say(zh, en));
  const size = folder.size(path);
  if (size !== object.size) {
    wrong(`有 ${size} 字节，第 ${object.seq} 条记载 ${object.size}`,
      `is ${size} bytes, entry ${object.seq} says ${object.size}`);
  }
  const found = await digestsOrNull(folder, path, object.sm3 ? ["sha256", "sm3"] : ["sha256"], progress, wrong);
  if (found === null || size !== object.size) return found;
  for (const name of ["sha256", "sm3"]) {
    if (object[name] && found[name] !== object[name]) {
      wrong(`${name} 为 ${found[name]}，第 ${object.seq} 条记载 ${object[name]}`,
        `has ${name}:${found[name]}, entry ${object.seq} says ${object[name]}`);
      break;
    }
  }
  return found;
}

async function digestsOrNull(folder, path, algorithms, progress, wrong) {
  try {
    return await folder.digests(path, algorithms, progress);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    wrong(error.words.zh, error.words.en);
    return null;
  }
}

/** Check 13: files among the objects that no entry speaks of. */
function checkUnlogged(folder, report, logged) {
  if (!report.ok && report.failed(1, 2, 3, 4, 5, 6, 7, 8, 9)) {
    report.skip(CHECK.UNLOGGED, "条目本身存疑", "entries themselves are in doubt");
    report.leave("日志未提及的文件：条目本身存疑", "objects that no entry speaks of: entries themselves are in doubt");
    return;
  }
  report.make(CHECK.UNLOGGED);
  for (const path of folder.paths("objects/")) {
    if (!logged.has(path.split("/").pop())) {
      report.add("UNLOGGED_OBJECT", CHECK.UNLOGGED, path, say("没有条目提到它", "no entry speaks of it"), WARNING);
    }
  }
}
