/* ---------------------------------------------------------------------------------------------
 * The bag around a package (RFC 8493, check 18): every file that its manifests name is there with
 * its digest, and no other.
 *
 * Every file is read once; its digests serve the manifests and the entries alike.
 * ------------------------------------------------------------------------------------------ */

const MAX_MANIFEST_BYTES = 256 << 20;
const MANIFESTS = { sha256: "manifest-sha256.txt", sm3: "manifest-sm3.txt" };
const TAG_MANIFEST = "tagmanifest-sha256.txt";
const isPayload = (path) => path.startsWith("data/");

class Bag {
  constructor(folder, report, progress) {
    this.folder = folder;
    this.report = report;
    this.progress = progress;
    this.found = new Map(); // path → {size, sha256, sm3}, of every file that could be read
  }

  strange(subject, zh, en) {
    this.report.add("BAG_MISMATCH", CHECK.BAG, subject, say(zh, en));
  }

  async check() {
    await this.readAll();
    const paths = [...this.found.keys()];
    const tags = new Set(paths.filter((path) => !isPayload(path) && path !== TAG_MANIFEST));
    this.compare(TAG_MANIFEST, "sha256", await this.readManifest(TAG_MANIFEST), tags);
    const payload = new Set(paths.filter(isPayload));
    for (const [name, manifest] of Object.entries(MANIFESTS)) {
      this.compare(manifest, name, await this.readManifest(manifest), payload);
    }
    const declaration = (await this.folder.text("bagit.txt")) ?? "";
    if (!/^BagIt-Version: 1\.0\r?\nTag-File-Character-Encoding: UTF-8(?:\r?\n)?$/.test(declaration)) {
      this.strange("bagit.txt", "不是 BagIt 1.0 的声明", "does not declare a bag of BagIt 1.0 in UTF-8");
    }
    await this.checkOxum(payload);
    this.report.make(CHECK.BAG);
  }

  /** Read every file that is there, each once. */
  async readAll() {
    const paths = this.folder.paths();
    paths.forEach((path) => this.progress.expect(this.folder.size(path)));
    for (const path of paths) {
      const algorithms = isPayload(path) ? ["sha256", "sm3"] : ["sha256"];
      const found = await digestsOrNull(this.folder, path, algorithms, this.progress,
        (zh, en) => this.strange(path, zh, en));
      if (found !== null) this.found.set(path, found);
    }
  }

  /** The digests in a manifest by path, or null where it is not there. */
  async readManifest(manifest) {
    const text = this.folder.has(manifest) ? await this.folder.text(manifest, MAX_MANIFEST_BYTES) : undefined;
    if (text === undefined) {
      this.report.add("MISSING_FILE", CHECK.BAG, manifest, say("缺失", "missing: a bag has this manifest"));
      return null;
    }
    const lines = (text ?? "not UTF-8").split("\n");
    if (lines.pop() !== "") this.strange(manifest, "在行中中断", "breaks off in the midst of a line");
    const named = new Map();
    for (const [at, line] of lines.entries()) {
      const [, digest, coded] = /^([0-9a-f]{64})  ([^\r\n]+)$/.exec(line) ?? [];
      const path = coded && decodePath(coded);
      if (!path) this.strange(manifest, `第 ${at + 1} 行不是摘要和路径`, `line ${at + 1} is not a digest and a path`);
      else if (named.has(path)) this.strange(manifest, `${path} 列出两次`, `line ${at + 1} names ${path} a second time`);
      else named.set(path, digest);
    }
    return named;
  }

  /** Hold one manifest against the files that it should name, and no other. */
  compare(manifest, name, named, there) {
    if (named === null) return;
    const unnamed = [...there].filter((path) => !named.has(path));
    const moved = new Map(unnamed.map((path) => [this.found.get(path)[name], path]));
    const explained = new Set();
    for (const [path, digest] of named) {
      const found = there.has(path) ? this.found.get(path)[name] : null;
      const newName = moved.get(digest);
      if (found === null && newName !== undefined) {
        explained.add(newName);
        this.missing(path, `被改名为 ${newName}`, `renamed to ${newName}: ${manifest} names it`);
      } else if (found === null) {
        this.missing(path, `缺失：${manifest} 提到它`, `missing: ${manifest} names it`);
      } else if (found !== digest) {
        this.report.add("DIGEST_MISMATCH", CHECK.BAG, path,
          say(`被改动：${name} 为 ${found}，${manifest} 记载 ${digest}`,
            `changed: has ${name}:${found}, ${manifest} says ${digest}`));
      }
    }
    for (const path of unnamed) {
      if (!explained.has(path)) this.strange(path, `多出：${manifest} 没有提到它`, `added: ${manifest} does not name it`);
    }
  }

  missing(path, zh, en) {
    this.report.add("MISSING_FILE", CHECK.BAG, path, say(zh, en));
  }

  /** The payload's size as bag-info.txt says it. */
  async checkOxum(payload) {
    const info = (await this.folder.text("bag-info.txt")) ?? "";
    const said = /^Payload-Oxum: ([0-9]+)\.([0-9]+)$/m.exec(info);
    const bytes = [...payload].reduce((sum, path) => sum + this.found.get(path).size, 0);
    if (said && (said[1] !== String(bytes) || said[2] !== String(payload.size))) {
      this.strange("bag-info.txt", `记载 ${said[1]}.${said[2]}，实为 ${bytes}.${payload.size}`,
        `says Payload-Oxum ${said[1]}.${said[2]}, the payload is ${bytes}.${payload.size}`);
    }
  }
}

/** The path that a manifest's spelling says, or null where it is not spelt in the one way. */
function decodePath(text) {
  const path = text.replace(/%0D/g, "\r").replace(/%0A/g, "\n").replace(/%25/g, "%");
  const coded = path.replace(/%/g, "%25").replace(/\r/g, "%0D").replace(/\n/g, "%0A");
  return coded === text ? path : null;
}
