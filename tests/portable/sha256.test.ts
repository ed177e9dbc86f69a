import { describe, expect, it } from 'vitest';
import { sha256, sha256short } from '../../src/core/sha256.ts';

const hexBytes = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

describe('sha256', () => {
  // FIPS 180-4's examples ("abc", two blocks, a million a) and CAVS 11.0, SHA256ShortMsg.rsp.
  it.each([
    ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
    ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'],
    ['abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu', 'cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1'],
    ['a'.repeat(1_000_000), 'cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0'],
  ])('of the text %.20s', (text, answer) => {
    expect(sha256(text)).toBe(answer);
    expect(sha256(new TextEncoder().encode(text))).toBe(answer);
    expect(sha256short(text)).toBe(answer.slice(0, 16));
  });

  it.each([
    ['d3', '28969cdfa74a12c82f3bad960b0b000aca2ac329deea5c2328ebc6f2ba9802c1'],
    ['11af', '5ca7133fa735326081558ac312c620eeca9970d1e70a4b95533d956f072d1f98'],
  ])('of the bytes %s', (bytes, answer) => expect(sha256(hexBytes(bytes))).toBe(answer));

  it('takes text as UTF-8, long or short, and a view as its own bytes', () => {
    const text = 'grün €😀';
    expect(sha256(text)).toBe(sha256(Uint8Array.of(0x67, 0x72, 0xc3, 0xbc, 0x6e, 0x20, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80)));
    expect(sha256(text.repeat(1000))).toBe(sha256(new TextEncoder().encode(text.repeat(1000))));
    expect(sha256(Uint8Array.of(9, 97, 98, 99, 9).subarray(1, 4))).toBe(sha256('abc'));
  });

  it('is that of the host at every length around the blocks', async () => {
    const subtle = globalThis.crypto?.subtle; // pages have it in secure contexts only
    for (let n = 0; subtle && n < 200; n++) {
      const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 167 + n) & 255);
      const answer = [...new Uint8Array(await subtle.digest('SHA-256', bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      expect(sha256(bytes)).toBe(answer);
    }
  });
});
