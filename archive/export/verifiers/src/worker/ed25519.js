/* ---------------------------------------------------------------------------------------------
 * Ed25519 verification (RFC 8032 §5.1.7), with BigInt.
 *
 * The rules are those of OpenSSL and of Go's crypto/ed25519: S must be below the group's order L;
 * the equation is checked without a cofactor; R is compared as bytes, so that its one canonical
 * spelling alone is accepted. Nothing here is secret, so time may depend on the values.
 * ------------------------------------------------------------------------------------------ */

const P = (1n << 255n) - 19n;
const L = (1n << 252n) + 27742317777372353535851937790883648493n;

const modP = (x) => {
  const rest = x % P;
  return rest < 0n ? rest + P : rest;
};

function powerModP(base, exponent) {
  let made = 1n;
  for (let b = base, e = exponent; e > 0n; e >>= 1n, b = (b * b) % P) {
    if (e & 1n) made = (made * b) % P;
  }
  return made;
}

const inverseModP = (x) => powerModP(x, P - 2n);
const D = modP(-121665n * inverseModP(121666n));
const ROOT_OF_MINUS_ONE = powerModP(2n, (P - 1n) / 4n);
/** Points are (X : Y : Z : T) with x = X/Z, y = Y/Z, xy = T/Z. */
const IDENTITY = [0n, 1n, 1n, 0n];

function addPoints([x1, y1, z1, t1], [x2, y2, z2, t2]) {
  const a = modP((y1 - x1) * (y2 - x2));
  const b = modP((y1 + x1) * (y2 + x2));
  const c = modP(2n * t1 * D * t2);
  const d = modP(2n * z1 * z2);
  const e = b - a;
  const f = d - c;
  const g = d + c;
  const h = b + a;
  return [modP(e * f), modP(g * h), modP(f * g), modP(e * h)];
}

function doublePoint([x, y, z]) {
  const a = (x * x) % P;
  const b = (y * y) % P;
  const h = a + b;
  const e = h - (x + y) * (x + y);
  const g = a - b;
  const f = 2n * z * z + g;
  return [modP(e * f), modP(g * h), modP(f * g), modP(e * h)];
}

/** [m]p + [n]q, by looking at one bit of both at a time. */
function addMultiples(m, p, n, q) {
  const both = addPoints(p, q);
  let made = IDENTITY;
  for (let bit = 255n; bit >= 0n; bit--) {
    made = doublePoint(made);
    const inM = (m >> bit) & 1n;
    const inN = (n >> bit) & 1n;
    if (inM && inN) made = addPoints(made, both);
    else if (inM) made = addPoints(made, p);
    else if (inN) made = addPoints(made, q);
  }
  return made;
}

function littleEndian(bytes) {
  let made = 0n;
  for (let at = bytes.length - 1; at >= 0; at--) made = (made << 8n) | BigInt(bytes[at]);
  return made;
}

/** The point that 32 bytes name, or null where no point has that y. */
function decodePoint(bytes) {
  const number = littleEndian(bytes);
  const sign = number >> 255n;
  const y = (number & ((1n << 255n) - 1n)) % P;
  const u = modP(y * y - 1n);
  const v = modP(D * y * y + 1n);
  const v3 = (v * v * v) % P;
  let x = (u * v3 * powerModP((u * v3 * v3 * v) % P, (P - 5n) / 8n)) % P;
  const check = (v * x * x) % P;
  if (check !== u) {
    if (check !== modP(-u)) return null;
    x = (x * ROOT_OF_MINUS_ONE) % P;
  }
  if ((x & 1n) !== sign) x = modP(-x);
  return [x, y, 1n, (x * y) % P];
}

function encodePoint([x, y, z]) {
  const inverse = inverseModP(z);
  let number = modP(y * inverse) | ((modP(x * inverse) & 1n) << 255n);
  return Uint8Array.from({ length: 32 }, () => {
    const byte = Number(number & 0xffn);
    number >>= 8n;
    return byte;
  });
}

const BASE = decodePoint(Uint8Array.from({ length: 32 }, (_, at) => (at === 0 ? 0x58 : 0x66)));

/** Whether a 64-byte signature over a message was made with the key of 32 public bytes. */
function ed25519Verifies(publicKey, message, signature) {
  if (publicKey.length !== 32 || signature.length !== 64) return false;
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const point = decodePoint(publicKey);
  if (s >= L || point === null) return false;
  const k = littleEndian(sha512(joinBytes(r, publicKey, message))) % L;
  const minus = [modP(-point[0]), point[1], point[2], modP(-point[3])];
  return sameBytes(encodePoint(addMultiples(s, BASE, k, minus)), r);
}
