/** Node's OpenSSL as the oracle of our SHA-256, and ids put together by hand. */
import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { sha256 } from '../src/core/sha256.ts';
import { experiment } from '../src/experiment/experiment.ts';
import { canonical, digest, fingerprint } from '../src/experiment/identity.ts';
import { createRandom } from '../src/core/random.ts';

const oracle = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

test('sha256 is OpenSSL\'s, at every length to 600 and at odd large ones', () => {
  const random = createRandom(5);
  for (const n of [...Array(601).keys(), 4095, 4096, 8191, 8193, 1_000_003]) {
    const bytes = Uint8Array.from({ length: n }, () => random.int(256));
    expect(sha256(bytes)).toBe(oracle(bytes));
  }
  for (let n = 0; n < 300; n++) {
    const text = Array.from({ length: n * 13 }, () => String.fromCodePoint(random.int(0xd800))).join('');
    expect(sha256(text)).toBe(oracle(text));
  }
});

test('a fingerprint is the beginning of the hash of the canonical text', () => {
  expect(fingerprint({ b: [1, 'é'], a: null })).toBe(oracle('{"a":null,"b":[1,"é"]}').slice(0, 16));
  const bytes = Uint8Array.of(1, 2, 3);
  expect(digest(bytes)).toEqual({ sha256: oracle(bytes), bytes: 3 });
});

test('an id is the fingerprint of what decides the result', () => {
  const context = { data: digest(Uint8Array.of(1)), note: 'ü' };
  const definition = { name: 'a.b-c_1', operation: () => {}, grid: { z: ['é', '"quoted"', null], a: [0.1, 1e21, -3], '10': [true] }, context, seed: 2 ** 53 - 1, replicates: 3, version: 'v "2"' };
  for (const parent of [undefined, '0123456789abcdef']) {
    const made = experiment(definition, parent);
    for (let i = 0; i < Number(made.size); i++) {
      const spec = made.at(i);
      const whole = { experiment: made.name, context: oracle(canonical(context)).slice(0, 16), params: spec.params, seed: definition.seed, replicate: i % 3, version: definition.version, ...(parent ? { parent } : {}) };
      expect(spec.id).toBe(oracle(canonical(whole)).slice(0, 16));
    }
  }
});
