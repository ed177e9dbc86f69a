/**
 * SHA-256 (FIPS 180-4), synchronous and the same everywhere: `crypto.subtle` answers by promise only, and not at all on a plain http page.
 *
 * Surprise: the constants are no table to get wrong. They are the first 32 bits of the fractional parts of the cube roots
 * of the first 64 primes (section 4.2.2) and the square roots of the first 8 (5.3.3), and big integers give them exactly.
 */

const WORDS = new Int32Array(64); // the message schedule
const TAIL = new Uint8Array(128); // the last one or two blocks, padded
const TEXT = new Uint8Array(8192);
const state = new Int32Array(8);
const ROUNDS: Int32Array = /* @__PURE__ */ Int32Array.from(primes(64), (p) => fraction(p, 3));
const START: Int32Array = /* @__PURE__ */ Int32Array.from(primes(8), (p) => fraction(p, 2));
const encoder = /* @__PURE__ */ new TextEncoder();

/**
 * The digest of bytes, or of a text as UTF-8 (a lone surrogate counts as U+FFFD).
 * @returns 64 hex digits
 * @example
 * sha256('abc'); // 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'
 */
export function sha256(data: Uint8Array | string): string {
  absorb(data);
  let out = '';
  for (let i = 0; i < 8; i++) out += hex(state[i]!);
  return out;
}

/** The first 16 of the 64 digits. */
export function sha256short(text: string): string {
  absorb(text);
  return hex(state[0]!) + hex(state[1]!);
}

/** The bytes that hex digits stand for. */
export function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}

function hex(word: number): string {
  return (word >>> 0).toString(16).padStart(8, '0');
}

/** Leaves the digest in `state`. */
function absorb(data: Uint8Array | string): void {
  if (typeof data !== 'string') return absorbBytes(data, data.length);
  if (data.length * 3 > TEXT.length) return absorb(encoder.encode(data));
  absorbBytes(TEXT, encoder.encodeInto(data, TEXT).written);
}

function absorbBytes(bytes: Uint8Array, length: number): void {
  state.set(START);
  const whole = length - (length % 64);
  for (let at = 0; at < whole; at += 64) block(bytes, at);
  TAIL.fill(0);
  for (let i = whole; i < length; i++) TAIL[i - whole] = bytes[i]!;
  TAIL[length - whole] = 0x80;
  const end = length - whole < 56 ? 64 : 128;
  const high = Math.floor(length / 536870912); // of the length in bits
  const low = (length << 3) >>> 0;
  for (let i = 0; i < 4; i++) {
    TAIL[end - 8 + i] = high >>> (24 - 8 * i);
    TAIL[end - 4 + i] = low >>> (24 - 8 * i);
  }
  for (let at = 0; at < end; at += 64) block(TAIL, at);
}

/** Section 6.2.2. */
function block(bytes: Uint8Array, at: number): void {
  const w = WORDS;
  for (let t = 0; t < 16; t++, at += 4) w[t] = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
  for (let t = 16; t < 64; t++) {
    const x = w[t - 15]!;
    const y = w[t - 2]!;
    const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3); // (4.6)
    const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10); // (4.7)
    w[t] = (s1 + w[t - 7]! + s0 + w[t - 16]!) | 0;
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  let f = state[5]!;
  let g = state[6]!;
  let h = state[7]!;
  for (let t = 0; t < 64; t++) {
    const s1 = ((e >>> 6) | (e << 26)) ^ ((e >>> 11) | (e << 21)) ^ ((e >>> 25) | (e << 7)); // (4.5)
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + ROUNDS[t]! + w[t]!) | 0;
    const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10)); // (4.4)
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
  state[5]! += f;
  state[6]! += g;
  state[7]! += h;
}

function primes(n: number): number[] {
  const found: number[] = [];
  for (let p = 2; found.length < n; p++) if (found.every((q) => p % q !== 0)) found.push(p);
  return found;
}

/** The first 32 bits after the point of the square or cube root of p. */
function fraction(p: number, root: 2 | 3): number {
  const target = BigInt(p) << BigInt(32 * root);
  let x = 0n;
  for (let bit = 1n << 37n; bit > 0n; bit >>= 1n) {
    const y = x | bit;
    if ((root === 2 ? y * y : y * y * y) <= target) x = y;
  }
  return Number(x & 0xffffffffn);
}
