/**
 * MT19937, the Mersenne Twister (Matsumoto and Nishimura 1998, the 2002 seeding `init_genrand`): only for what was published with it. Everything else draws from core/random.ts.
 *
 * Surprise: Python has two. numpy's `RandomState(42)` seeds with init_genrand as here, the standard library's `random.seed(42)` with init_by_array, and no draw of theirs is equal.
 */
const N = 624;
const M = 397;

export interface Twister {
  /** The next 32 bits. */
  u32(): number;
  /** 53 bits of two words, in [0, 1): 27 and 26 of them. */
  f64(): number;
  /** Uniform in [0, n): words under a mask until one is below n, as `RandomState.randint` draws. n from 1 to 2^31. */
  int(n: number): number;
}

/**
 * The stream of a seed, 32 bits.
 * @example
 * twister(5489).u32(); // 3499211612
 * twister(42).f64(); // 0.3745401188473625
 */
export function twister(seed: number): Twister {
  const state = new Uint32Array(N);
  state[0] = seed;
  for (let i = 1; i < N; i++) {
    const x = state[i - 1]!;
    state[i] = Math.imul(1812433253, x ^ (x >>> 30)) + i;
  }
  let at = N;

  function turn(): void {
    for (let i = 0; i < N; i++) {
      const y = (state[i]! & 0x80000000) | (state[(i + 1) % N]! & 0x7fffffff);
      state[i] = state[(i + M) % N]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  }
  function u32(): number {
    if (at === N) turn();
    let y = state[at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }
  return {
    u32,
    f64() {
      const high = u32() >>> 5;
      return (high * 67108864 + (u32() >>> 6)) / 9007199254740992;
    },
    int(n) {
      if (n === 1) return 0;
      const mask = 0xffffffff >>> Math.clz32(n - 1);
      let x = u32() & mask;
      while (x >= n) x = u32() & mask;
      return x;
    },
  };
}
