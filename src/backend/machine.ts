/**
 * The plain twin of assembly/machine.ts: predicts, learns, scores and codes bit by bit. Its region is the module's, byte for byte (tests/portable/machine.test.ts), so that what one has begun the other could go on with.
 */
import { log, tanh } from '../../assembly/portable/math.ts';
import * as op from '../../assembly/portable/opcodes.ts';
import type { Kernels } from '../core/kernels.ts';
import { boot, plan } from './machine/boot.ts';
import { cm, cm2, icm, isse, learnCm, learnIcm, learnIsse, learnMatch, learnRun, match, run } from './machine/components.ts';
import { byteOp, letter } from './machine/features.ts';
import { apm, dot, learnApm, learnMix, learnMix2, mix, mix2 } from './machine/mixers.ts';
import * as state from './machine/state.ts';
import type { Region } from './machine/state.ts';

const {
  ABOVELINE, BIT, C0, DONE, EXPO, FINGER, HITS, LINE, LOGIT, NBIT, NBYTE, NODE, OP, P, POS, PROD, RA, RB, RD, REC, RECORD, RING, RINGMASK, RK, WORDS, X, clamp, getF, getX, number, region, setF,
  setX, squash,
} = state;
type Names = 'machinePlan' | 'machineBoot' | 'machineScore' | 'machineTrace' | 'machineEncode' | 'machineDecode';
const SCALE = 1.3407807929942597e154; // 2^512
const LEAST = 7.458340731200207e-155; // 2^-512

/** The machine over `buffer`, the arena. */
export function machineTwins(buffer: ArrayBuffer): Pick<Kernels, Names> {
  const heap = new Uint8Array(buffer);
  return {
    machinePlan: (m, bits) => plan(region(buffer, m), bits),
    machineBoot(m) {
      const s = region(buffer, m);
      boot(s, (c) => {
        for (let at = 7; at >= 0; at--) {
          predict(s);
          update(s, (c >>> at) & 1);
        }
      });
    },
    machineScore(m, bytes, n, limit) {
      const s = region(buffer, m);
      for (let i = 0; i < n; i++) {
        if (i % 64 === 0 && spent(s) > limit) {
          s.u32[DONE] = i;
          return spent(s);
        }
        for (let at = 7; at >= 0; at--) step(s, (heap[bytes + i] >>> at) & 1, predict(s));
      }
      s.u32[DONE] = n;
      return spent(s);
    },
    machineTrace(m, out, bytes, n) {
      const s = region(buffer, m);
      const rows = new Float32Array(buffer, out, 256 * n);
      for (let i = 0; i < 8 * n; i++) {
        const p = predict(s);
        rows.set(s.f32.subarray(X, X + 32), 32 * i);
        step(s, (heap[bytes + (i >>> 3)] >>> (7 - (i & 7))) & 1, p);
      }
      s.u32[DONE] = n;
      return spent(s);
    },
    machineEncode(m, out, bytes, n, most) {
      const s = region(buffer, m);
      const range = interval();
      let size = 0;
      const put = (byte: number): void => {
        if (size < most) heap[out + size] = byte;
        size++;
      };
      for (let i = 0; i < n; i++) {
        for (let at = 7; at >= 0; at--) {
          const p = predict(s);
          const bit = (heap[bytes + i] >>> at) & 1;
          range.take(bit, p, put);
          step(s, bit, p);
        }
      }
      if (n > 0) range.end(put);
      s.u32[DONE] = n;
      return size <= most ? size : -1;
    },
    machineDecode(m, out, code, size, n) {
      const s = region(buffer, m);
      const range = interval();
      let x = 0;
      let at = 0;
      const shift = (): void => {
        x = x * 256 % 4294967296 + (at < size ? heap[code + at] : 0);
        at++;
      };
      while (at < 4) shift();
      for (let i = 0; i < n; i++) {
        for (let j = 0; j < 8; j++) {
          const p = predict(s);
          const bit = x <= range.middle(p) ? 1 : 0;
          range.take(bit, p, shift);
          step(s, bit, p);
        }
        heap[out + i] = s.u8[s.u32[RING] + ((s.u32[POS] - 1) & s.u32[RINGMASK])];
      }
      s.u32[DONE] = n;
      return at;
    },
  };
}

/** The interval of a binary arithmetic coder: 32 bits, carryless; a 1 takes the lower part. */
function interval() {
  let x1 = 0;
  let x2 = 0xffffffff;
  const middle = (p: number): number => x1 + Math.floor(((x2 - x1) * p) / 65536);
  return {
    middle,
    /** Narrows it, and has every leading byte that both ends share shifted out. */
    take(bit: number, p: number, shift: (byte: number) => void): void {
      if (bit === 1) x2 = middle(p);
      else x1 = middle(p) + 1;
      while (x1 >>> 24 === x2 >>> 24) {
        shift(x2 >>> 24);
        x1 = (x1 << 8) >>> 0;
        x2 = ((x2 << 8) | 255) >>> 0;
      }
    },
    /** The fewest bytes that with zeros behind them lie in it. */
    end(put: (byte: number) => void): void {
      for (const [i, unit] of [16777216, 65536, 256, 1].entries()) {
        const value = Math.ceil(x1 / unit) * unit;
        if (value > x2) continue;
        for (let j = 0; j <= i; j++) put(value >>> (24 - 8 * j));
        return;
      }
    },
  };
}

/** The probability of a 1 for the next bit, of 65536. */
function predict(s: Region): number {
  const { u32, f64 } = s;
  const first = REC + u32[NBYTE] * RECORD;
  if (u32[BIT] === 0) for (let r = REC; r < first; r += RECORD) byteOp(s, r);
  const width = 1 << (u32[BIT] & 3);
  u32[NODE] = width | (u32[C0] & (width - 1));
  f64[LOGIT] = 0;
  u32[HITS] = 0;
  for (let r = first; r < first + u32[NBIT] * RECORD; r += RECORD) before[u32[r + OP]](s, r);
  u32[P] = Math.min(Math.max(Math.floor(squash(s, f64[LOGIT]) * 65536), 1), 65535);
  return u32[P];
}

type Step = (s: Region, r: number) => void;
const f = (value: (s: Region, r: number) => number): Step => (s, r) => setF(s, s.u32[r + RD], value(s, r));
const both = (value: (x: number, y: number) => number): Step => f((s, r) => value(getF(s, s.u32[r + RA]), getF(s, s.u32[r + RB])));
/** What the BIT instructions do before each bit. */
const before: { readonly [code: number]: Step } = {
  [op.CM]: cm, [op.CM2]: cm2, [op.ICM]: icm, [op.ISSE]: isse, [op.RUN]: run, [op.MATCH]: match, [op.MIX]: mix, [op.MIX2]: mix2, [op.APM]: apm,
  [op.BIAS]: (s, r) => setX(s, s.u32[r + RD], clamp(number(s, s.u32[r + RK]))),
  [op.MOV]: (s, r) => setX(s, s.u32[r + RD], getF(s, s.u32[r + RA])),
  [op.DOT]: f(dot),
  [op.TANH]: f((s, r) => tanh(dot(s, r))),
  [op.AVG]: both((x, y) => (x + y) * 0.5),
  [op.FADD]: both((x, y) => x + y),
  [op.FMUL]: both((x, y) => x * y),
  [op.FMIN]: both((x, y) => (x < y ? x : y)),
  [op.FMAX]: both((x, y) => (x > y ? x : y)),
  [op.LDD]: f((s, r) => number(s, s.u32[r + RK])),
  [op.FX]: f((s, r) => getX(s, s.u32[r + RA])),
  [op.OUT]: (s, r) => (s.f64[LOGIT] = getF(s, s.u32[r + RA])),
};
/** What those that learn do after it. */
const after: { readonly [code: number]: (s: Region, r: number, bit: number) => void } = {
  [op.CM]: learnCm, [op.CM2]: learnCm, [op.ICM]: learnIcm, [op.ISSE]: learnIsse, [op.RUN]: learnRun, [op.MATCH]: learnMatch, [op.MIX]: learnMix, [op.MIX2]: learnMix2, [op.APM]: learnApm,
};

/** All learn the bit; then the history moves on. */
function update(s: Region, bit: number): void {
  const { u8, u32 } = s;
  const first = REC + u32[NBYTE] * RECORD;
  for (let r = first; r < first + u32[NBIT] * RECORD; r += RECORD) after[u32[r + OP]]?.(s, r, bit);
  u32[C0] = 2 * u32[C0] + bit;
  if (++u32[BIT] < 8) return;
  const c = u32[C0] & 255;
  u8[u32[RING] + (u32[POS] & u32[RINGMASK])] = c;
  u32[POS]++;
  u32[C0] = 1;
  u32[BIT] = 0;
  if (c === 10) {
    u32[ABOVELINE] = u32[LINE];
    u32[LINE] = u32[POS];
  }
  if (letter(c)) u32[WORDS] = Math.imul(u32[WORDS] + (c < 128 ? c | 32 : c), 0x2f0b4c47) + 0x632be5ab;
  else if (u32[WORDS] !== 0) {
    u32.copyWithin(WORDS + 1, WORDS, WORDS + 3);
    u32[WORDS] = 0;
  }
}

/** Counts what the bit costs, hashes its prediction, and learns it. */
function step(s: Region, bit: number, p: number): void {
  const { u32, f64 } = s;
  f64[PROD] *= (bit === 1 ? p : 65536 - p) / 65536;
  if (f64[PROD] < LEAST) {
    f64[PROD] *= SCALE;
    u32[EXPO]++;
  }
  u32[FINGER] = Math.imul(u32[FINGER] ^ p, 0x01000193);
  update(s, bit);
}

/** Bits so far: what the coder would need for everything since machineBoot. */
function spent({ u32, f64 }: Region): number {
  return u32[EXPO] * 512 - log(f64[PROD]) * 1.4426950408889634;
}
