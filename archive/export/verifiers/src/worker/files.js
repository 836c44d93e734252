/* ---------------------------------------------------------------------------------------------
 * The chosen folder: small files are read whole, large ones by helpers, piece by piece.
 * ------------------------------------------------------------------------------------------ */

const WHOLE_BYTES = 8 << 20;

/** Progress, told at most ten times a second. */
class Progress {
  constructor(tell) {
    this.tell = tell;
    this.told = 0;
    this.bytesDone = 0;
    this.bytesTotal = 0;
    this.what = "";
  }

  expect(bytes) {
    this.bytesTotal += bytes;
  }

  bytes(count, what) {
    this.bytesDone += count;
    this.what = what;
    this.show({ bytes: this.bytesDone, total: Math.max(this.bytesTotal, this.bytesDone), what });
  }

  entries(done, total) {
    this.show({ entries: done, all: total });
  }

  show(message) {
    const now = Date.now();
    if (now - this.told < 100) return;
    this.told = now;
    this.tell({ type: "progress", ...message });
  }
}

/** A file that could be listed and cannot be read. */
class Unreadable extends Error {
  constructor(path) {
    super(path);
    this.words = say(`无法读取：${path}`, `cannot be read: ${path}`);
  }
}

/** Files by their path below one folder. */
class Folder {
  constructor(files, helpers = new Helpers(null)) {
    this.files = files;
    this.helpers = helpers;
  }

  has(path) {
    return this.files.has(path);
  }

  size(path) {
    return this.files.get(path)?.size ?? null;
  }

  paths(below = "") {
    return [...this.files.keys()].filter((path) => path.startsWith(below)).sort();
  }

  /** What lies below a path, as a folder of its own. */
  below(prefix) {
    const inside = new Map();
    for (const [path, file] of this.files) {
      if (path.startsWith(prefix)) inside.set(path.slice(prefix.length), file);
    }
    return new Folder(inside, this.helpers);
  }

  /** The bytes of a small file, or null where it is not there. Throws Unreadable. */
  async read(path, limit = WHOLE_BYTES) {
    const file = this.files.get(path);
    if (file === undefined) return null;
    return readPiece(file, path, 0, Math.min(file.size, limit));
  }

  /** The text of a small file in UTF-8, or null. */
  async text(path, limit = 64 << 20) {
    const bytes = await this.read(path, limit);
    return bytes === null ? null : fromUtf8(bytes);
  }

  /** Digests of a file, read once from its beginning to its end. Throws Unreadable. */
  async digests(path, algorithms, progress) {
    const file = this.files.get(path);
    if (file.size <= WHOLE_BYTES && algorithms.length === 1 && algorithms[0] === "sha256") {
      const bytes = await readPiece(file, path, 0, file.size);
      progress.bytes(bytes.length, path);
      return { sha256: toHex(await sha256OfWhole(bytes)), size: bytes.length };
    }
    const making = algorithms.map(newDigest);
    await this.helpers.hash(file, path, making, (bytes) => progress.bytes(bytes, path));
    const made = { size: file.size };
    algorithms.forEach((name, at) => (made[name] = toHex(making[at].digest())));
    return made;
  }
}

/** The browser's own SHA-256, where it has one and it gives what ours gives. */
let browserSha256 = null;

async function tryBrowserSha256() {
  try {
    const probe = Uint8Array.from({ length: 70001 }, (_, at) => (at * at) >> 3);
    for (const length of [0, 55, 64, 4096, 70001]) {
      const bytes = probe.subarray(0, length);
      const made = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
      if (!sameBytes(made, sha256(bytes))) return;
    }
    browserSha256 = async (bytes) => new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  } catch {
    browserSha256 = null;
  }
}

async function sha256OfWhole(bytes) {
  return browserSha256 === null ? sha256(bytes) : browserSha256(bytes);
}
