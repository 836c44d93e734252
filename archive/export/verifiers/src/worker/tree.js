/* ---------------------------------------------------------------------------------------------
 * The Merkle tree of RFC 6962 §2.1 and the proofs of RFC 9162 §2.1.3 and §2.1.4.
 *
 * Sizes and indexes are numbers up to 2^53, beyond the reach of bit operators: halving is done by
 * division.
 * ------------------------------------------------------------------------------------------ */

const LEAF_PREFIX = Uint8Array.of(0);
const NODE_PREFIX = Uint8Array.of(1);
const leafHash = (entry) => sha256(LEAF_PREFIX, entry);
const nodeHash = (left, right) => sha256(NODE_PREFIX, left, right);
const half = (n) => Math.floor(n / 2);
const isOdd = (n) => n % 2 === 1;

/** The roots of the whole subtrees at the left of a growing tree, largest first. */
class Frontier {
  constructor(peaks = []) {
    this.peaks = peaks;
  }

  copy() {
    return new Frontier([...this.peaks]);
  }

  /** Add a whole subtree of 2^height leaves behind what is there. */
  add(hash, height = 0) {
    let top = { hash, height };
    while (this.peaks.length > 0 && this.peaks[this.peaks.length - 1].height === top.height) {
      const left = this.peaks.pop();
      top = { hash: nodeHash(left.hash, top.hash), height: top.height + 1 };
    }
    this.peaks.push(top);
    return this;
  }

  root() {
    if (this.peaks.length === 0) return sha256();
    return this.peaks.map((peak) => peak.hash).reduceRight((right, left) => nodeHash(left, right));
  }
}

/** The root over a list of hashes. */
const rootOf = (hashes) => hashes.reduce((tree, hash) => tree.add(hash), new Frontier()).root();

/** The root that an inclusion proof leads to, or null where it has another length. */
function inclusionRoot(leaf, index, size, hashes) {
  if (index >= size) return null;
  let at = index;
  let last = size - 1;
  let made = leaf;
  for (const hash of hashes) {
    if (last === 0) return null;
    if (isOdd(at) || at === last) {
      made = nodeHash(hash, made);
      while (at !== 0 && !isOdd(at)) {
        at = half(at);
        last = half(last);
      }
    } else {
      made = nodeHash(made, hash);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 ? made : null;
}

/** Whether a proof shows that the tree of `size1` leaves is the beginning of that of `size2`. */
function isConsistent(size1, root1, size2, root2, proof) {
  if (size1 === 0 || size1 > size2) return false;
  if (size1 === size2) return proof.length === 0 && sameBytes(root1, root2);
  const hashes = [...proof];
  if (hashes.length === 0) return false;
  if (Number.isInteger(Math.log2(size1)) && 2 ** Math.round(Math.log2(size1)) === size1) {
    hashes.unshift(root1);
  }
  let at = size1 - 1;
  let last = size2 - 1;
  while (isOdd(at)) {
    at = half(at);
    last = half(last);
  }
  let first = hashes[0];
  let second = hashes[0];
  for (const hash of hashes.slice(1)) {
    if (last === 0) return false;
    if (isOdd(at) || at === last) {
      first = nodeHash(hash, first);
      second = nodeHash(hash, second);
      while (at !== 0 && !isOdd(at)) {
        at = half(at);
        last = half(last);
      }
    } else {
      second = nodeHash(second, hash);
    }
    at = half(at);
    last = half(last);
  }
  return last === 0 && sameBytes(first, root1) && sameBytes(second, root2);
}
