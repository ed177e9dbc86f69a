/* The C twin of the test functions: plain loops that gcc vectorises (-O3 -ffast-math, libmvec) at 128 bits.
   functions NAME IN OUT POINTS DIM: reads POINTS x DIM doubles, writes POINTS losses, prints the best seconds of 5 passes. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double *inverse_root;

static double rastrigin(const double *x, int n) {
  double s = 0;
  for (int i = 0; i < n; i++) s += x[i] * x[i] - 10 * cos(2 * M_PI * x[i]);
  return 10 * n + s;
}
static double ackley(const double *x, int n) {
  double q = 0, c = 0;
  for (int i = 0; i < n; i++) q += x[i] * x[i];
  for (int i = 0; i < n; i++) c += cos(2 * M_PI * x[i]);
  return 20 + M_E - 20 * exp(-0.2 * sqrt(q / n)) - exp(c / n);
}
static double griewank(const double *x, int n) {
  double q = 0, p = 1;
  for (int i = 0; i < n; i++) q += x[i] * x[i];
  for (int i = 0; i < n; i++) p *= cos(x[i] * inverse_root[i]);
  return 1 + q / 4000 - p;
}
static double sphere(const double *x, int n) {
  double q = 0;
  for (int i = 0; i < n; i++) q += x[i] * x[i];
  return q;
}
static double rosenbrock(const double *x, int n) {
  double s = 0;
  for (int i = 0; i + 1 < n; i++) {
    double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
    s += 100 * a * a + b * b;
  }
  return s;
}

typedef double (*function)(const double *, int);
static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
  if (argc != 6) return 2;
  static const struct { const char *name; function f; } table[] = {{"rastrigin", rastrigin}, {"ackley", ackley}, {"griewank", griewank}, {"sphere", sphere}, {"rosenbrock", rosenbrock}};
  function f = 0;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) if (!strcmp(argv[1], table[i].name)) f = table[i].f;
  int points = atoi(argv[4]), dim = atoi(argv[5]);
  double *x = malloc(sizeof(double) * points * dim), *loss = malloc(sizeof(double) * points);
  inverse_root = malloc(sizeof(double) * dim);
  for (int i = 0; i < dim; i++) inverse_root[i] = 1 / sqrt(i + 1);
  FILE *in = fopen(argv[2], "rb");
  if (!f || !in || fread(x, sizeof(double), (size_t)points * dim, in) != (size_t)points * dim) return 2;
  double best = 1e9;
  for (int pass = 0; pass < 5; pass++) {
    double begun = now();
    for (int i = 0; i < points; i++) loss[i] = f(x + (size_t)i * dim, dim);
    double took = now() - begun;
    if (took < best) best = took;
  }
  FILE *out = fopen(argv[3], "wb");
  if (!out || fwrite(loss, sizeof(double), points, out) != (size_t)points || fclose(out)) return 2;
  printf("%.9f\n", best);
  return 0;
}
