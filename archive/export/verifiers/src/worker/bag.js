/* ---------------------------------------------------------------------------------------------
 * The bag around a package (RFC 8493, check 18): every file that its manifests name is there with
 * its digest, and no other.
 *
 * Every file is read once; its digests serve the manifests and the entries alike.
 * ------------------------------------------------------------------------------------------ */

const MAX_MANIFEST_BYTES = 256 << 20;
const DIGEST_NAMES = ["sha256", "sm3"];

class Bag {
  constructor(folder, report, progress) {
    this.folder = folder;
    this.report = report;
    this.progress = progress;
    this.payload = new Map(); // path → {sha256, sm3}
    this.tags = new Map();
    this.found = new Map(); // path → digests of the file, or null where it cannot be read
  }

  wrong(subject, zh, en, code = "BAG_MISMATCH") {
    this.report.add(code, CHECK.BAG, subject, say(zh, en));
  }

  /** Read the declaration and the manifests. */
  async open() {
    const declaration = await this.folder.text("bagit.txt");
    if (declaration === null) {
      this.wrong("bagit.txt", "缺失", "missing", "MISSING_FILE");
    } else if (!/^BagIt-Version: 1\.0\r?\nTag-File-Character-Encoding: UTF-8(?:\r?\n)?$/.test(declaration)) {
      this.wrong("bagit.txt", "不是 BagIt 1.0 的声明", "not the declaration of BagIt 1.0");
    }
    let manifests = 0;
    for (const name of DIGEST_NAMES) {
      manifests += (await this.readManifest(`manifest-${name}.txt`, name, this.payload, true)) ? 1 : 0;
    }
    const tags = await this.readManifest("tagmanifest-sha256.txt", "sha256", this.tags, false);
    if (!this.folder.has("manifest-sha256.txt") || manifests === 0) {
      this.wrong("manifest-sha256.txt", "缺失", "missing", "MISSING_FILE");
    }
    if (!tags) this.wrong("tagmanifest-sha256.txt", "缺失", "missing", "MISSING_FILE");
  }

  async readManifest(manifest, name, into, ofPayload) {
    if (!this.folder.has(manifest)) return false;
    const text = await this.folder.text(manifest, MAX_MANIFEST_BYTES);
    const lines = (text ?? "\u0000").split(/\r?\n/);
    if (lines[lines.length - 1] === "") lines.pop();
    for (const line of lines) {
      const [, digest, coded] = /^([0-9a-f]{64}) [ *]?(.+)$/s.exec(line) ?? [];
      const path = coded && coded.replace(/%(0A|0D|25)/gi, (whole, hex) => String.fromCharCode(parseInt(hex, 16)));
      const isOurs = path && path.startsWith("data/") === ofPayload && !path.split("/").some((part) => part === "..");
      if (!isOurs) {
        this.wrong(manifest, `清单中有无法识别的一行：${line.slice(0, 80)}`, `a line that is none: ${line.slice(0, 80)}`);
        continue;
      }
      const wanted = into.get(path) ?? {};
      if (wanted[name] !== undefined) this.wrong(manifest, `${path} 列出两次`, `${path} is listed twice`);
      into.set(path, { ...wanted, [name]: digest });
    }
    return true;
  }

  /** The file names of payload digests that at least one file's manifest gives. */
  algorithms() {
    return DIGEST_NAMES.filter((name) => this.folder.has(`manifest-${name}.txt`));
  }

  expect() {
    for (const [path] of [...this.payload, ...this.tags]) this.progress.expect(this.folder.size(path) ?? 0);
  }

  /** Read every file of the bag. */
  async readAll() {
    this.expect();
    const algorithms = this.algorithms();
    for (const [path, wanted] of this.payload) await this.compare(path, wanted, algorithms);
    for (const [path, wanted] of this.tags) await this.compare(path, wanted, ["sha256"]);
    for (const path of this.folder.paths()) {
      const isNamed = this.payload.has(path) || this.tags.has(path) || path === "tagmanifest-sha256.txt";
      if (!isNamed) this.wrong(path, "清单没有提到这个文件", "no manifest names this file");
    }
    this.report.make(CHECK.BAG);
  }

  async compare(path, wanted, algorithms) {
    for (const name of algorithms) {
      if (wanted[name] === undefined) this.wrong(path, `不在 ${name} 清单中`, `not in the ${name} manifest`);
    }
    if (!this.folder.has(path)) {
      this.wrong(path, "清单提到它，文件夹里没有", "a manifest names it, the folder has it not", "MISSING_FILE");
      return;
    }
    const found = await digestsOrNull(this.folder, path, algorithms, this.progress, (zh, en) =>
      this.wrong(path, zh, en, "MISSING_FILE"));
    this.found.set(path, found);
    for (const name of algorithms) {
      if (found !== null && wanted[name] !== undefined && found[name] !== wanted[name]) {
        this.wrong(path, `${name} 为 ${found[name]}，清单为 ${wanted[name]}`,
          `has ${name}:${found[name]}, the manifest says ${wanted[name]}`, "DIGEST_MISMATCH");
        break;
      }
    }
  }
}
