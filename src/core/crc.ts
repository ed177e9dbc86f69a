/**
 * CRC-32 (IEEE 802.3, reflected: zlib's) of bytes, eight at a time (Kounavis and Berry, "A Systematic Approach to Building High
 * Performance, Software-based, CRC Generators", 2005), and of text.
 *
 * Surprise: a typed array read past its end gives undefined, which is 0 to `^`, so a loop that runs too far gives a wrong sum, not an error.
 */

/** Row k: the remainder of a byte with k zero bytes after it. */
const TABLES: Int32Array = /* @__PURE__ */ (() => {
  const tables = new Int32Array(8 * 256);
  for (let i = 0; i < 256; i++) {
    let c = i;
    for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1;
    tables[i] = c;
  }
  for (let i = 256; i < tables.length; i++) tables[i] = (tables[i - 256]! >>> 8) ^ tables[tables[i - 256]! & 255]!;
  return tables;
})();

/**
 * The checksum of `bytes[from]` up to, without, `bytes[to]`: an integer from 0 to 2^32 - 1.
 * @param before the checksum of what comes before these bytes
 * @example
 * crc32Bytes(new TextEncoder().encode('123456789')).toString(16); // 'cbf43926'
 */
export function crc32Bytes(bytes: Uint8Array, from: number = 0, to: number = bytes.length, before: number = 0): number {
  const t = TABLES;
  let crc = ~before;
  let i = from;
  for (const last = to - 8; i <= last; i += 8) {
    const low = crc ^ (bytes[i]! | (bytes[i + 1]! << 8) | (bytes[i + 2]! << 16) | (bytes[i + 3]! << 24));
    crc = t[1792 + (low & 255)]! ^ t[1536 + ((low >>> 8) & 255)]! ^ t[1280 + ((low >>> 16) & 255)]! ^ t[1024 + (low >>> 24)]!
      ^ t[768 + bytes[i + 4]!]! ^ t[512 + bytes[i + 5]!]! ^ t[256 + bytes[i + 6]!]! ^ t[bytes[i + 7]!]!;
  }
  for (; i < to; i++) crc = t[(crc ^ bytes[i]!) & 255]! ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** CRC-32 (IEEE 802.3, reflected) of a string's UTF-16 code units, low byte first. */
export function crc32(text: string): number {
  let crc = -1;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    crc = TABLES[(crc ^ unit) & 255]! ^ (crc >>> 8);
    crc = TABLES[(crc ^ (unit >> 8)) & 255]! ^ (crc >>> 8);
  }
  return ~crc >>> 0;
}
