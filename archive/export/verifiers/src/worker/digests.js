/* ---------------------------------------------------------------------------------------------
 * Digests: SHA-256 and SHA-512 (FIPS 180-4) and SM3 (GB/T 32905-2016).
 *
 * SHA-256 and SM3 take their input in pieces of any length, so that a file of any size is hashed
 * with one piece in memory. The constants of SHA-2 are made from their definition: the first bits
 * of the fractional parts of square and cube roots of the primes.
 * ------------------------------------------------------------------------------------------ */

const PRIMES = [];
for (let n = 2; PRIMES.length < 80; n++) {
  if (PRIMES.every((prime) => n % prime !== 0)) PRIMES.push(n);
}

/** The first 64 bits of the fractional part of a root of a prime, as a BigInt. */
function rootFraction(prime, degree) {
  const wanted = BigInt(prime) << BigInt(64 * degree);
  let low = 0n;
  let high = 1n << 72n;
  while (high - low > 1n) {
    const middle = (low + high) >> 1n;
    if (middle ** BigInt(degree) <= wanted) low = middle;
    else high = middle;
  }
  return low & 0xffffffffffffffffn;
}

const SHA512_K = PRIMES.map((prime) => rootFraction(prime, 3));
const SHA512_START = PRIMES.slice(0, 8).map((prime) => rootFraction(prime, 2));
const SHA256_K = Int32Array.from(SHA512_K.slice(0, 64), (k) => Number(k >> 32n));
const SHA256_START = Int32Array.from(SHA512_START, (h) => Number(h >> 32n));
const SHA256_W = new Int32Array(64);

/** Take the whole 64-byte blocks of `bytes` from `at` to `end` into a SHA-256 state. */
function sha256Blocks(state, bytes, at, end) {
  const w = SHA256_W;
  const k = SHA256_K;
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  let u = 0;
  for (; at < end; at += 64) {
    for (let t = 0, p = at; t < 16; t++, p += 4) {
      w[t] = (bytes[p] << 24) | (bytes[p + 1] << 16) | (bytes[p + 2] << 8) | bytes[p + 3];
    }
    for (let t = 16; t < 64; t++) {
      const x = w[t - 15];
      const y = w[t - 2];
      w[t] = (((((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3)) + w[t - 7]) | 0) +
        (((((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10)) + w[t - 16]) | 0) | 0;
    }
    const a0 = a, b0 = b, c0 = c, d0 = d, e0 = e, f0 = f, g0 = g, h0 = h;
    // Eight rounds at a time: each names its eight variables one place on, so that none moves.
    for (let t = 0; t < 64; t += 8) {
      u = ((((h + k[t]) | 0) + ((w[t] + (g ^ (e & (f ^ g)))) | 0)) | 0) +
        (((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7))) | 0;
      d = (d + u) | 0;
      h = ((u + (((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)))) | 0) +
        ((a & b) | (c & (a | b))) | 0;
      u = ((((g + k[t + 1]) | 0) + ((w[t + 1] + (f ^ (d & (e ^ f)))) | 0)) | 0) +
        (((d >>> 6) | (d << 26)) ^ ((d >>> 11) | (d << 21)) ^ ((d >>> 25) | (d << 7))) | 0;
      c = (c + u) | 0;
      g = ((u + (((h >>> 2) | (h << 30)) ^ ((h >>> 13) | (h << 19)) ^ ((h >>> 22) | (h << 10)))) | 0) +
        ((h & a) | (b & (h | a))) | 0;
      u = ((((f + k[t + 2]) | 0) + ((w[t + 2] + (e ^ (c & (d ^ e)))) | 0)) | 0) +
        (((c >>> 6) | (c << 26)) ^ ((c >>> 11) | (c << 21)) ^ ((c >>> 25) | (c << 7))) | 0;
      b = (b + u) | 0;
      f = ((u + (((g >>> 2) | (g << 30)) ^ ((g >>> 13) | (g << 19)) ^ ((g >>> 22) | (g << 10)))) | 0) +
        ((g & h) | (a & (g | h))) | 0;
      u = ((((e + k[t + 3]) | 0) + ((w[t + 3] + (d ^ (b & (c ^ d)))) | 0)) | 0) +
        (((b >>> 6) | (b << 26)) ^ ((b >>> 11) | (b << 21)) ^ ((b >>> 25) | (b << 7))) | 0;
      a = (a + u) | 0;
      e = ((u + (((f >>> 2) | (f << 30)) ^ ((f >>> 13) | (f << 19)) ^ ((f >>> 22) | (f << 10)))) | 0) +
        ((f & g) | (h & (f | g))) | 0;
      u = ((((d + k[t + 4]) | 0) + ((w[t + 4] + (c ^ (a & (b ^ c)))) | 0)) | 0) +
        (((a >>> 6) | (a << 26)) ^ ((a >>> 11) | (a << 21)) ^ ((a >>> 25) | (a << 7))) | 0;
      h = (h + u) | 0;
      d = ((u + (((e >>> 2) | (e << 30)) ^ ((e >>> 13) | (e << 19)) ^ ((e >>> 22) | (e << 10)))) | 0) +
        ((e & f) | (g & (e | f))) | 0;
      u = ((((c + k[t + 5]) | 0) + ((w[t + 5] + (b ^ (h & (a ^ b)))) | 0)) | 0) +
        (((h >>> 6) | (h << 26)) ^ ((h >>> 11) | (h << 21)) ^ ((h >>> 25) | (h << 7))) | 0;
      g = (g + u) | 0;
      c = ((u + (((d >>> 2) | (d << 30)) ^ ((d >>> 13) | (d << 19)) ^ ((d >>> 22) | (d << 10)))) | 0) +
        ((d & e) | (f & (d | e))) | 0;
      u = ((((b + k[t + 6]) | 0) + ((w[t + 6] + (a ^ (g & (h ^ a)))) | 0)) | 0) +
        (((g >>> 6) | (g << 26)) ^ ((g >>> 11) | (g << 21)) ^ ((g >>> 25) | (g << 7))) | 0;
      f = (f + u) | 0;
      b = ((u + (((c >>> 2) | (c << 30)) ^ ((c >>> 13) | (c << 19)) ^ ((c >>> 22) | (c << 10)))) | 0) +
        ((c & d) | (e & (c | d))) | 0;
      u = ((((a + k[t + 7]) | 0) + ((w[t + 7] + (h ^ (f & (g ^ h)))) | 0)) | 0) +
        (((f >>> 6) | (f << 26)) ^ ((f >>> 11) | (f << 21)) ^ ((f >>> 25) | (f << 7))) | 0;
      e = (e + u) | 0;
      a = ((u + (((b >>> 2) | (b << 30)) ^ ((b >>> 13) | (b << 19)) ^ ((b >>> 22) | (b << 10)))) | 0) +
        ((b & c) | (d & (b | c))) | 0;
    }
    a = (a + a0) | 0; b = (b + b0) | 0; c = (c + c0) | 0; d = (d + d0) | 0;
    e = (e + e0) | 0; f = (f + f0) | 0; g = (g + g0) | 0; h = (h + h0) | 0;
  }
  state[0] = a; state[1] = b; state[2] = c; state[3] = d;
  state[4] = e; state[5] = f; state[6] = g; state[7] = h;
}

const SM3_START = Int32Array.of(
  0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600,
  0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e,
);
/** The round constants, already rotated by the number of their round. */
const SM3_T = Int32Array.from({ length: 64 }, (_, j) => {
  const t = j < 16 ? 0x79cc4519 : 0x7a879d8a;
  return j % 32 === 0 ? t : (t << (j % 32)) | (t >>> (32 - (j % 32)));
});
const SM3_W = new Int32Array(68);

/** Take the whole 64-byte blocks of `bytes` from `at` to `end` into an SM3 state. */
function sm3Blocks(state, bytes, at, end) {
  const w = SM3_W;
  const k = SM3_T;
  let a = state[0], b = state[1], c = state[2], d = state[3];
  let e = state[4], f = state[5], g = state[6], h = state[7];
  let x = 0, y = 0;
  for (; at < end; at += 64) {
    for (let t = 0, p = at; t < 16; t++, p += 4) {
      w[t] = (bytes[p] << 24) | (bytes[p + 1] << 16) | (bytes[p + 2] << 8) | bytes[p + 3];
    }
    for (let t = 16; t < 68; t++) {
      x = w[t - 3];
      y = w[t - 13];
      x = w[t - 16] ^ w[t - 9] ^ ((x << 15) | (x >>> 17));
      w[t] = x ^ ((x << 15) | (x >>> 17)) ^ ((x << 23) | (x >>> 9)) ^
        ((y << 7) | (y >>> 25)) ^ w[t - 6];
    }
    const a0 = a, b0 = b, c0 = c, d0 = d, e0 = e, f0 = f, g0 = g, h0 = h;
    // Four rounds at a time: each names its variables one place on, so that none moves.
    for (let t = 0; t < 16; t += 4) {
      x = (a << 12) | (a >>> 20);
      y = (((x + e) | 0) + k[t]) | 0;
      y = (y << 7) | (y >>> 25);
      d = (((((a ^ b ^ c) + d) | 0) + (x ^ y)) | 0) + (w[t] ^ w[t + 4]) | 0;
      x = (((((e ^ f ^ g) + h) | 0) + y) | 0) + w[t] | 0;
      h = x ^ ((x << 9) | (x >>> 23)) ^ ((x << 17) | (x >>> 15));
      b = (b << 9) | (b >>> 23);
      f = (f << 19) | (f >>> 13);
      x = (d << 12) | (d >>> 20);
      y = (((x + h) | 0) + k[t + 1]) | 0;
      y = (y << 7) | (y >>> 25);
      c = (((((d ^ a ^ b) + c) | 0) + (x ^ y)) | 0) + (w[t + 1] ^ w[t + 5]) | 0;
      x = (((((h ^ e ^ f) + g) | 0) + y) | 0) + w[t + 1] | 0;
      g = x ^ ((x << 9) | (x >>> 23)) ^ ((x << 17) | (x >>> 15));
      a = (a << 9) | (a >>> 23);
      e = (e << 19) | (e >>> 13);
      x = (c << 12) | (c >>> 20);
      y = (((x + g) | 0) + k[t + 2]) | 0;
      y = (y << 7) | (y >>> 25);
      b = (((((c ^ d ^ a) + b) | 0) + (x ^ y)) | 0) + (w[t + 2] ^ w[t + 6]) | 0;
      x = (((((g ^ h ^ e) + f) | 0) + y) | 0) + w[t + 2] | 0;
      f = x ^ ((x << 9) | (x >>> 23)) ^ ((x << 17) | (x >>> 15));
      d = (d << 9) | (d >>> 23);
      h = (h << 19) | (h >>> 13);
      x = (b << 12) | (b >>> 20);
      y = (((x + f) | 0) + k[t + 3]) | 0;
      y = (y << 7) | (y >>> 25);
      a = (((((b ^ c ^ d) + a) | 0) + (x ^ y)) | 0) + (w[t + 3] ^ w[t + 7]) | 0;
      x = (((((f ^ g ^ h) + e) | 0) + y) | 0) + w[t + 3] | 0;
      e = x ^ ((x << 9) | (x >>> 23)) ^ ((x << 17) | (x >>> 15));
      c = (c << 9) | (c >>> 23);
      g = (g << 19) | (g >>> 13);
    }
    for (let t = 16; t < 64; t += 4) {
      x = (a << 12) | (a >>> 20);
      y = (((x + e) | 0) + k[t]) | 0;
      y = (y << 7) | (y >>> 25);
      d = ((((((a & b) | (c & (a | b))) + d) | 0) + (x ^ y)) | 0) + (w[t] ^ w[t + 4]) | 0;
      x = (((((g ^ (e & (f ^ g))) + h) | 0) + y) | 0) + w[t] | 0;
      h = x ^ ((x << 9) | (x >>> 23)) ^ ((x << 17) | (x >>> 15));
      b = (b << 9) | (b >>> 23);
      f = (f << 19) | (f >>> 13);
      x = (d << 12) | (d >>> 20);
      y = (((x + h) | 0) + k[t + 1]) | 0;
      y = (y << 7) | (y >>> 25);
      c = ((((((d & a) | (b & (d | a))) + c) | 0) + (x ^ y)) | 0) + (w[t + 1] ^ w[t + 5]) | 0;
      x = (((((f ^ (h & (e ^ f))) + g) | 0) + y) | 0) + w[t + 1] | 0;
      g = x ^ ((x << 9) | (x >>> 23)) ^ ((x << 17) | (x >>> 15));
      a = (a << 9) | (a >>> 23);
      e = (e << 19) | (e >>> 13);
      x = (c << 12) | (c >>> 20);
      y = (((x + g) | 0) + k[t + 2]) | 0;
      y = (y << 7) | (y >>> 25);
      b = ((((((c & d) | (a & (c | d))) + b) | 0) + (x ^ y)) | 0) + (w[t + 2] ^ w[t + 6]) | 0;
      x = (((((e ^ (g & (h ^ e))) + f) | 0) + y) | 0) + w[t + 2] | 0;
      f = x ^ ((x << 9) | (x >>> 23)) ^ ((x << 17) | (x >>> 15));
      d = (d << 9) | (d >>> 23);
      h = (h << 19) | (h >>> 13);
      x = (b << 12) | (b >>> 20);
      y = (((x + f) | 0) + k[t + 3]) | 0;
      y = (y << 7) | (y >>> 25);
      a = ((((((b & c) | (d & (b | c))) + a) | 0) + (x ^ y)) | 0) + (w[t + 3] ^ w[t + 7]) | 0;
      x = (((((h ^ (f & (g ^ h))) + e) | 0) + y) | 0) + w[t + 3] | 0;
      e = x ^ ((x << 9) | (x >>> 23)) ^ ((x << 17) | (x >>> 15));
      c = (c << 9) | (c >>> 23);
      g = (g << 19) | (g >>> 13);
    }
    a ^= a0; b ^= b0; c ^= c0; d ^= d0; e ^= e0; f ^= f0; g ^= g0; h ^= h0;
  }
  state[0] = a; state[1] = b; state[2] = c; state[3] = d;
  state[4] = e; state[5] = f; state[6] = g; state[7] = h;
}

/** A digest over 64-byte blocks with a 64-bit length at its end: SHA-256 or SM3. */
class BlockDigest {
  constructor(name, start, blocks) {
    this.name = name;
    this.start = start;
    this.blocks = blocks;
    this.state = new Int32Array(8);
    this.tail = new Uint8Array(128);
    this.reset();
  }

  reset() {
    this.state.set(this.start);
    this.held = 0;
    this.length = 0;
    return this;
  }

  update(bytes) {
    this.length += bytes.length;
    let at = 0;
    if (this.held > 0) {
      at = Math.min(64 - this.held, bytes.length);
      this.tail.set(bytes.subarray(0, at), this.held);
      this.held += at;
      if (this.held < 64) return this;
      this.blocks(this.state, this.tail, 0, 64);
      this.held = 0;
    }
    const end = at + Math.floor((bytes.length - at) / 64) * 64;
    this.blocks(this.state, bytes, at, end);
    this.tail.set(bytes.subarray(end), 0);
    this.held = bytes.length - end;
    return this;
  }

  /** What another digest of this name needs to go on from here, in another worker too. */
  save() {
    const { name, state, tail, held, length } = this;
    return { name, state, tail, held, length };
  }

  restore({ state, tail, held, length }) {
    this.state.set(state);
    this.tail.set(tail);
    this.held = held;
    this.length = length;
    return this;
  }

  /** The 32 bytes of the digest. The object starts anew after it. */
  digest() {
    const end = this.held < 56 ? 64 : 128;
    this.tail.fill(0, this.held, end);
    this.tail[this.held] = 0x80;
    const view = new DataView(this.tail.buffer);
    view.setUint32(end - 8, Math.floor(this.length / 0x20000000));
    view.setUint32(end - 4, (this.length % 0x20000000) * 8);
    this.blocks(this.state, this.tail, 0, end);
    const made = new Uint8Array(32);
    const out = new DataView(made.buffer);
    this.state.forEach((word, at) => out.setInt32(4 * at, word));
    this.reset();
    return made;
  }
}

const newSha256 = () => new BlockDigest("sha256", SHA256_START, sha256Blocks);
const newSm3 = () => new BlockDigest("sm3", SM3_START, sm3Blocks);
const newDigest = (name) => (name === "sm3" ? newSm3() : newSha256());
const ONE_SHA256 = newSha256();

/** SHA-256 over the parts, one after the other. */
function sha256(...parts) {
  for (const part of parts) ONE_SHA256.update(part);
  return ONE_SHA256.digest();
}

const sm3 = (bytes) => newSm3().update(bytes).digest();

/** SHA-512 (or, with another start and length, SHA-384) of a short message, by BigInt. */
function sha512(message, start = SHA512_START, length = 64) {
  const blocks = Math.floor((message.length + 16) / 128) + 1;
  const padded = new Uint8Array(blocks * 128);
  padded.set(message);
  padded[message.length] = 0x80;
  const view = new DataView(padded.buffer);
  view.setBigUint64(padded.length - 8, BigInt(message.length) * 8n);
  const rotate = (x, n) => (x >> n) | BigInt.asUintN(64, x << (64n - n));
  const state = [...start];
  const w = new Array(80);
  for (let at = 0; at < padded.length; at += 128) {
    for (let t = 0; t < 16; t++) w[t] = view.getBigUint64(at + 8 * t);
    for (let t = 16; t < 80; t++) {
      const x = w[t - 15];
      const y = w[t - 2];
      w[t] = BigInt.asUintN(64, (rotate(x, 1n) ^ rotate(x, 8n) ^ (x >> 7n)) + w[t - 7] +
        (rotate(y, 19n) ^ rotate(y, 61n) ^ (y >> 6n)) + w[t - 16]);
    }
    let [a, b, c, d, e, f, g, h] = state;
    for (let t = 0; t < 80; t++) {
      const one = h + (rotate(e, 14n) ^ rotate(e, 18n) ^ rotate(e, 41n)) +
        (g ^ (e & (f ^ g))) + SHA512_K[t] + w[t];
      const two = (rotate(a, 28n) ^ rotate(a, 34n) ^ rotate(a, 39n)) + ((a & b) | (c & (a | b)));
      [h, g, f, e, d, c, b, a] =
        [g, f, e, BigInt.asUintN(64, d + one), c, b, a, BigInt.asUintN(64, one + two)];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      state[i] = BigInt.asUintN(64, state[i] + word);
    });
  }
  const made = new Uint8Array(64);
  const out = new DataView(made.buffer);
  state.forEach((word, i) => out.setBigUint64(8 * i, word));
  return made.subarray(0, length);
}

/** SHA-384 starts from the square roots of the ninth to sixteenth primes. */
const sha384 = (message) =>
  sha512(message, PRIMES.slice(8, 16).map((prime) => rootFraction(prime, 2)), 48);
