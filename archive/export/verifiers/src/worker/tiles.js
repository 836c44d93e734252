/* ---------------------------------------------------------------------------------------------
 * The files of a log folder: bundles and tiles (C2SP tlog-tiles), and which are missing.
 *
 * A log that grows replaces partial files by wider ones, so a file that is not there is looked
 * for in the wider widths. Where only a narrower bundle is left, its entries are taken: they tell
 * which are missing.
 * ------------------------------------------------------------------------------------------ */

const TILE_WIDTH = 256;
const HASH_BYTES = 32;
const MAX_BUNDLE_BYTES = TILE_WIDTH * (MAX_ENTRY_BYTES + 2);

/** `000`, `x001/x234/067`, with `.p/<width>` where it is partial. */
function indexPath(index, width) {
  let digits = String(index);
  digits = digits.padStart(Math.ceil(digits.length / 3) * 3, "0");
  const groups = digits.match(/.{3}/g);
  const last = groups.pop();
  const name = [...groups.map((group) => `x${group}`), last].join("/");
  return width === TILE_WIDTH ? name : `${name}.p/${width}`;
}

const bundlePath = (index, width) => `tile/entries/${indexPath(index, width)}`;
const tilePath = (level, index, width) => `tile/${level}/${indexPath(index, width)}`;

/** The entries of a bundle as {entries, whole}. */
function cutBundle(bytes) {
  const entries = [];
  let at = 0;
  while (at < bytes.length) {
    const end = at + 2 + ((bytes[at] << 8) | bytes[at + 1]);
    if (at + 2 > bytes.length || end > bytes.length) return { entries, whole: false };
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return { entries, whole: true };
}

const splitHashes = (tile) =>
  Array.from({ length: tile.length / HASH_BYTES }, (_, at) =>
    tile.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES));

class LogFiles {
  constructor(folder, report) {
    this.folder = folder;
    this.report = report;
    this.runs = new Map(); // runs of missing files, by sort
  }

  /** {entries, whole, there} of a bundle. */
  async bundle(index, width) {
    const name = bundlePath(index, width);
    const widths = [...widthsFrom(width), ...Array.from({ length: width - 1 }, (_, n) => width - 1 - n)];
    const found = await this.first(CHECK.BUNDLES, "bundles", name, index, widths, (w) => bundlePath(index, w));
    if (found === null) return { entries: [], whole: false };
    const { entries, whole } = cutBundle(found.bytes);
    if (!whole) {
      this.report.add("LOG_INCONSISTENT", CHECK.BUNDLES, name,
        say(`文件在第 ${entries.length} 个条目中断`, `bundle breaks off inside its entry ${entries.length}`));
      return { entries: entries.slice(0, TILE_WIDTH), whole };
    }
    if (found.width >= width && entries.length === found.width) {
      return { entries: entries.slice(0, width), whole };
    }
    this.report.add("LOG_INCONSISTENT", CHECK.BUNDLES, name,
      say(`文件含 ${entries.length} 个条目，应为 ${width} 个`, `bundle holds ${entries.length} entries, not ${width}`));
    return { entries: entries.slice(0, TILE_WIDTH), whole };
  }

  /** The hashes of a stored tile, or null. */
  async tile(level, index, width) {
    const name = tilePath(level, index, width);
    const found = await this.first(CHECK.TILES, `tiles of level ${level}`, name, index,
      widthsFrom(width), (w) => tilePath(level, index, w));
    if (found === null) return null;
    if (found.bytes.length !== found.width * HASH_BYTES) {
      this.report.add("LOG_INCONSISTENT", CHECK.TILES, name,
        say(`文件为 ${found.bytes.length} 字节，应为 ${found.width * HASH_BYTES}`,
          `tile has ${found.bytes.length} bytes, not ${found.width * HASH_BYTES}`));
      return null;
    }
    return found.bytes.subarray(0, width * HASH_BYTES);
  }

  async first(check, sort, name, index, widths, path) {
    try {
      for (const width of widths) {
        const bytes = await this.folder.read(path(width), MAX_BUNDLE_BYTES + 1);
        if (bytes !== null) return { bytes, width };
      }
    } catch (error) {
      if (!(error instanceof Unreadable)) throw error;
      this.report.add("MISSING_FILE", check, name, error.words);
      return null;
    }
    const run = this.runs.get(sort);
    if (run && run.last === index - 1) {
      run.last = index;
    } else {
      if (run) this.tell(run);
      this.runs.set(sort, { check, name, first: index, last: index });
    }
    return null;
  }

  tell({ check, name, first, last }) {
    const more = last - first;
    this.report.add("MISSING_FILE", check, name, more
      ? say(`缺失，其后 ${more} 个也缺失`, `missing, and the ${more} after it`)
      : say("缺失", "missing"));
  }

  finish() {
    this.runs.forEach((run) => this.tell(run));
    this.runs.clear();
  }
}

const widthsFrom = (width) => Array.from({ length: TILE_WIDTH - width + 1 }, (_, n) => width + n);
