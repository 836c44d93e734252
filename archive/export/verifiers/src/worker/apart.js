/* ---------------------------------------------------------------------------------------------
 * Reading apart. Chromium holds some memory of each piece that a worker has read until the worker
 * ends. So large files are read and hashed by helpers: workers of this same source, given a part
 * of a file and the digests so far, and ended after HELPER_BYTES; what they held goes with them.
 * Where none can be had, the part is read in place: the same answer, in more memory.
 * ------------------------------------------------------------------------------------------ */

const PIECE_BYTES = 4 << 20;
const HELPER_BYTES = 256 << 20;

async function readPiece(file, path, at, length) {
  try {
    const bytes = new Uint8Array(await file.slice(at, at + length).arrayBuffer());
    if (bytes.length === Math.min(length, file.size - at)) return bytes;
  } catch {
    // The browser says no more than that it cannot be read.
  }
  throw new Unreadable(path);
}

/** Take a whole part of a file into digests, here. Throws Unreadable. */
async function hashHere(part, path, making, tell) {
  // While one piece is hashed the next is on its way.
  let coming = readPiece(part, path, 0, PIECE_BYTES);
  for (let at = 0; at < part.size; at += PIECE_BYTES) {
    const piece = await coming;
    const next = at + PIECE_BYTES;
    coming = next < part.size ? readPiece(part, path, next, PIECE_BYTES) : null;
    making.forEach((digest) => digest.update(piece));
    tell(piece.length);
  }
  await coming;
}

/** One helper at a time, each for HELPER_BYTES, whichever files they are of. */
class Helpers {
  /** `source` is the text of this worker, or null where everything is to be read in place. */
  constructor(source) {
    this.address = source === null
      ? null
      : URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    this.helper = null;
    this.left = HELPER_BYTES;
  }

  /** Take a file into digests, from its beginning to its end. Throws Unreadable. */
  async hash(file, path, making, tell) {
    let at = 0;
    do {
      const part = file.slice(at, at + this.left);
      await this.hashPart(part, path, making, tell);
      at += part.size;
      this.left -= part.size;
      if (this.left === 0) this.end();
    } while (at < file.size);
  }

  async hashPart(part, path, making, tell) {
    const answer = await this.ask(part, making, tell);
    if (answer.unreadable) throw new Unreadable(path);
    if (answer.saved) making.forEach((digest, at) => digest.restore(answer.saved[at]));
    else await hashHere(part, path, making, tell);
  }

  /** A helper's answer; one without digests where there is no helper, or it fails. */
  async ask(part, making, tell) {
    if (this.address === null) return {};
    try {
      this.helper ??= new Worker(this.address);
      return await new Promise((answer, failed) => {
        this.helper.onerror = (event) => {
          event.preventDefault();
          failed(event);
        };
        this.helper.onmessage = ({ data }) => (data.bytes ? tell(data.bytes) : answer(data));
        this.helper.postMessage({ part, saved: making.map((digest) => digest.save()) });
      });
    } catch {
      this.end();
      this.address = null;
      return {};
    }
  }

  end() {
    this.helper?.terminate();
    this.helper = null;
    this.left = HELPER_BYTES;
  }
}

/** What a helper does with a part of a file: its answer goes to the worker that started it. */
async function help({ part, saved }) {
  const making = saved.map((digest) => newDigest(digest.name).restore(digest));
  try {
    await hashHere(part, "", making, (bytes) => self.postMessage({ bytes }));
    self.postMessage({ saved: making.map((digest) => digest.save()) });
  } catch (error) {
    self.postMessage({ unreadable: error instanceof Unreadable });
  }
}
