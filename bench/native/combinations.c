/* The C twin of the combination search: every line by prefix doubling, and meeting in the middle with merged lists (Horowitz and Sahni), weights 0, step factor 1.
   combinations brute|meet IN N TARGET: reads N doubles, prints the median seconds of several passes, the sum, and the line (first coefficient = highest bit). */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
static double best_sum, best_distance;
static uint64_t best_line;
static void offer(double s, uint64_t line, double target) {
  double d = fabs(s - target);
  if (d < best_distance || (d == best_distance && (s > best_sum || (s == best_sum && line < best_line)))) best_distance = d, best_sum = s, best_line = line;
}

/* Blocks of 2^10 lines with one prefix; a block is looked at again only when its least distance is a new best. */
static void brute(const double *c, int n, double target) {
  enum { LOW = 10 };
  static double table[1 << LOW];
  int high = n - LOW;
  for (uint64_t q = 0; q < 1ull << high; q++) {
    double prefix = 0;
    for (int i = 0; i < high; i++) if (q >> (high - 1 - i) & 1) prefix += c[i];
    table[0] = prefix;
    for (int i = 0; i < LOW; i++) {
      double x = c[high + i];
      for (int k = 0; k < 1 << i; k++) table[k + (1 << i)] = table[k] + x;
    }
    double least = INFINITY;
    for (int k = 0; k < 1 << LOW; k++) {
      double d = fabs(table[k] - target);
      least = d < least ? d : least;
    }
    if (least > best_distance) continue;
    for (int k = 0; k < 1 << LOW; k++) {
      uint64_t line = q;
      for (int i = 0; i < LOW; i++) line = line << 1 | (k >> i & 1);
      if (line) offer(table[k], line, target);
    }
  }
}

typedef struct { double s; uint32_t line; } item;
static item *list(const double *c, int n, item *a, item *b) {
  size_t m = 1;
  a[0].s = 0, a[0].line = 0;
  for (int i = 0; i < n; i++) {
    size_t x = 0, y = 0;
    for (size_t k = 0; k < 2 * m; k++) {
      double p = x < m ? a[x].s : INFINITY, q = y < m ? a[y].s + c[i] : INFINITY;
      int left = p <= q;
      b[k].s = left ? p : q;
      b[k].line = left ? a[x].line << 1 : a[y].line << 1 | 1;
      x += left, y += !left;
    }
    item *t = a;
    a = b, b = t, m *= 2;
  }
  return a;
}
static void meet(const double *c, int n, double target, item *room) {
  int half = n / 2, rest = n - half;
  size_t size = (size_t)1 << half, tail = (size_t)1 << rest;
  item *a = list(c, half, room, room + size), *b = list(c + half, rest, room + 2 * size, room + 2 * size + tail);
  size_t i = 0, j = tail;
  while (i < size && j > 0) {
    double s = a[i].s + b[j - 1].s;
    uint64_t line = (uint64_t)a[i].line << rest | b[j - 1].line;
    if (line && fabs(s - target) <= best_distance) offer(s, line, target);
    if (s < target) i++;
    else j--;
  }
}

int main(int argc, char **argv) {
  if (argc != 5) return 2;
  int n = atoi(argv[3]), passes = n > 40 ? 3 : n > 30 ? 5 : 50;
  double target = atof(argv[4]), c[64];
  FILE *in = fopen(argv[2], "rb");
  if (!in || n > 60 || fread(c, sizeof(double), n, in) != (size_t)n) return 2;
  item *room = malloc(sizeof(item) * (((size_t)2 << n / 2) + ((size_t)2 << (n - n / 2))));
  double times[50];
  for (int pass = 0; pass < passes; pass++) {
    best_distance = INFINITY, best_sum = -INFINITY, best_line = 0;
    double begun = now();
    if (!strcmp(argv[1], "brute")) brute(c, n, target);
    else meet(c, n, target, room);
    double took = now() - begun;
    int i = pass;
    for (; i > 0 && times[i - 1] > took; i--) times[i] = times[i - 1];
    times[i] = took;
  }
  printf("%.9f %.17g %llu\n", times[passes / 2], best_sum, (unsigned long long)best_line);
  return 0;
}
