/* The C twin of the machine: the kernel of 8 contexts in bench/machine.ts written by hand. The numbers of assembly/portable/opcodes.ts come as -D.
   machine IN OUT BITS PASSES: codes the file in pieces of 64 KiB, one after another, into OUT; prints the best seconds of the passes. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ORDERS = 8, CHUNK = 65536 };
typedef float v4 __attribute__((vector_size(16)));

static float stretch_of[4096], squash_of[4096], knot[34];
static uint32_t step_of[1024];
static uint32_t *table[ORDERS], *bucket[ORDERS], *slot[ORDERS], context[ORDERS];
static v4 x[2], mixer[256][2], *row;
static float mixed, rate, (*apm_of[2])[33], *apm_at[2], apm_share[2];
static uint8_t *ring;
static uint32_t pos, ring_mask, c0, bit_at, word;
static int bits;

static uint32_t mix32(uint32_t h) {
  h *= 0x9e3779b1;
  h ^= h >> 15;
  h *= 0x85ebca77;
  return h ^ h >> 13;
}
static float squash(double v) {
  double t = (v + 12.0) * (4096.0 / 24.0);
  return squash_of[(int)(t < 0 ? 0 : t > 4095 ? 4095 : t)];
}
static double clamp(double v) { return v < -32 ? -32 : v > 32 ? 32 : v; }

static void start(void) {
  for (int i = 0; i < ORDERS; i++) memset(table[i], 0, (size_t)4 << bits), slot[i] = table[i];
  for (int i = 0; i < 2; i++) memset(apm_of[i], 0, 65536 * sizeof *apm_of[i]), apm_at[i] = apm_of[i][0];
  memset(ring, 0, ring_mask + 1);
  memset(context, 0, sizeof context);
  for (int i = 0; i < 256; i++) mixer[i][0] = mixer[i][1] = (v4){0.25f, 0.25f, 0.25f, 0.25f};
  rate = (float)RATE * (float)ANNEAL;
  pos = word = bit_at = 0;
  c0 = 1;
}

static void contexts(void) {
  for (int n = 1; n <= 6; n++) {
    uint32_t h = 0;
    for (int i = n; i > 0; i--) h = (h + ring[(pos - i) & ring_mask] + 1) * 0x2f0b4c47;
    context[n] = h ^ h >> 16;
  }
  context[7] = word;
}

/* The bucket of 15 counters of this context's nibble. */
static uint32_t *seek(int i) {
  uint32_t h = mix32(context[i] + (bit_at ? c0 * 0x3d4d51cb : 0)), check = h >> 16;
  uint32_t *at = table[i] + ((h & ((1u << (bits - 4)) - 1)) << 4), *other = (uint32_t *)((uintptr_t)at ^ 64);
  if (*at == check) return at;
  if (*other == check) return other;
  if ((at[1] & 1023) > (other[1] & 1023)) at = other;
  memset(at, 0, 64);
  *at = check;
  return at;
}

static double refine(int i, uint32_t order1, double v) {
  double t = (v + 8.0) * 2.0;
  t = t < 0 ? 0 : t > 31.999 ? 31.999 : t;
  int j = (int)t;
  float f = (float)(t - j), *at = apm_of[i][order1] + j;
  apm_at[i] = at;
  apm_share[i] = f;
  float low = at[0] + knot[j], high = at[1] + knot[j + 1], p = low + (high - low) * f;
  int q = (int)(p * 4096.0f);
  double y = stretch_of[q < 0 ? 0 : q > 4095 ? 4095 : q];
  return clamp(v + (y - v) * 1.0);
}

static uint32_t predict(void) {
  if (bit_at == 0) contexts();
  if ((bit_at & 3) == 0) for (int i = 0; i < ORDERS; i++) bucket[i] = seek(i);
  uint32_t width = 1 << (bit_at & 3), node = width | (c0 & (width - 1));
  float *out = (float *)x;
  for (int i = 0; i < ORDERS; i++) {
    slot[i] = bucket[i] + node;
    out[i] = stretch_of[(*slot[i] ^ 0x80000000) >> 20];
  }
  row = mixer[c0];
  v4 s = (row[0] * x[0] + (v4){0}) + (row[1] * x[1] + (v4){0});
  float logit = (s[0] + s[1]) + (s[2] + s[3]);
  mixed = squash(logit);
  double v = clamp(logit), a = refine(0, c0 | (context[1] & 255) << 8, v), b = refine(1, mix32(context[2] + c0 * 0x3d4d51cb) & 65535, v);
  int p = (int)(squash((v + (a + b) * 0.5) * 0.5) * 65536.0f);
  return p < 1 ? 1 : p > 65535 ? 65535 : p;
}

static void adjust(int i, float target) {
  float *at = apm_at[i], f = apm_share[i], speed = (float)(1.0 / APM_RATE);
  int j = (at - apm_of[i][0]) % 33;
  at[0] += (target - at[0] - knot[j]) * (speed * (1.0f - f));
  at[1] += (target - at[1] - knot[j + 1]) * (speed * f);
}

static void update(uint32_t bit) {
  for (int i = 0; i < ORDERS; i++) {
    uint32_t w = *slot[i] ^ 0x80000000, n = w & 1023;
    uint32_t step = (((w >> 10 ^ -bit) & 0x3fffff) >> 3) * step_of[n] >> 10;
    *slot[i] = ((w >> 10) + ((step ^ (bit - 1)) - (bit - 1)) << 10 | (n + (n < LIMIT))) ^ 0x80000000;
  }
  float e = ((float)bit - mixed) * rate;
  rate -= (rate - (float)RATE) * (float)DECAY;
  v4 es = {e, e, e, e};
  row[0] += es * x[0];
  row[1] += es * x[1];
  adjust(0, bit);
  adjust(1, bit);
  c0 = c0 << 1 | bit;
  if (++bit_at < 8) return;
  uint8_t c = c0;
  ring[pos++ & ring_mask] = c;
  c0 = 1;
  bit_at = 0;
  if ((uint32_t)((c | 32) - 97) < 26 || c > 127) word = (word + (c < 128 ? c | 32 : c)) * 0x2f0b4c47 + 0x632be5ab;
  else word = 0;
}

/* Arithmetic coding of one piece; where it ends. */
static uint8_t *code(const uint8_t *in, int n, uint8_t *out) {
  uint32_t x1 = 0, x2 = 0xffffffff;
  for (int i = 0; i < n; i++) {
    for (int s = 7; s >= 0; s--) {
      uint32_t p = predict(), bit = in[i] >> s & 1, middle = x1 + ((uint64_t)(x2 - x1) * p >> 16);
      if (bit) x2 = middle;
      else x1 = middle + 1;
      for (; ((x1 ^ x2) & 0xff000000) == 0; x1 <<= 8, x2 = x2 << 8 | 255) *out++ = x2 >> 24;
      update(bit);
    }
  }
  for (int t = 0; t < 4 && n > 0; t++) {
    int shift = 24 - 8 * t;
    uint64_t low = (x1 + (1ull << shift) - 1) >> shift;
    if (low << shift > x2) continue;
    for (int j = 0; j <= t; j++) *out++ = (low << shift) >> (24 - 8 * j);
    break;
  }
  return out;
}

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  bits = atoi(argv[3]);
  for (int i = 0; i < 4096; i++) {
    double p = i + 0.5;
    stretch_of[i] = (float)log(p / (4096 - p));
    squash_of[i] = (float)(1 / (1 + exp(-((i + 0.5) * (24.0 / 4096) - 12))));
  }
  for (int i = 0; i < 34; i++) knot[i] = squash(i * 0.5 - 8.0);
  for (int i = 0; i < 1024; i++) step_of[i] = (uint32_t)(8192 / (i + 1.5));
  ring_mask = (1u << (bits + 2 < 22 ? bits + 2 : 22)) - 1;
  ring = malloc(ring_mask + 1);
  for (int i = 0; i < ORDERS; i++) table[i] = aligned_alloc(128, (size_t)4 << bits);
  for (int i = 0; i < 2; i++) apm_of[i] = malloc(65536 * sizeof *apm_of[i]);
  FILE *file = fopen(argv[1], "rb");
  if (!file || fseek(file, 0, SEEK_END)) return 2;
  long size = ftell(file);
  uint8_t *in = malloc(size + 1), *out = malloc(2 * size + 16), *end = out;
  rewind(file);
  if (fread(in, 1, size, file) != (size_t)size) return 2;
  double best = 1e9;
  for (int pass = 0; pass < atoi(argv[4]); pass++) {
    start();
    double begun = now();
    end = out;
    for (long at = 0; at < size; at += CHUNK) end = code(in + at, size - at < CHUNK ? size - at : CHUNK, end);
    double took = now() - begun;
    if (took < best) best = took;
  }
  file = fopen(argv[2], "wb");
  if (!file || fwrite(out, 1, end - out, file) != (size_t)(end - out) || fclose(file)) return 2;
  printf("%.9f\n", best);
  return 0;
}
