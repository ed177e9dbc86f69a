/* The C twin of training a network: relu layers, softmax cross-entropy and Adam, all in f32, its products by a BLAS that is loaded at run time (bench/networks.ts says which).
   Plain loops for the rest, which gcc vectorises (-O3 -ffast-math, libmvec) at 128 bits; a weight matrix is inputs x outputs by rows, then come the biases.

   network LIBRARY PREFIX SUFFIX train IN OUT: one epoch; writes the mean loss of every mini-batch as doubles, prints the seconds, those of them in products, and the core the BLAS runs as.
   IN: int32 examples, batch, layers, widths; float scale, shift; float parameters; uint32 order of the examples; bytes of inputs; bytes of labels.
   network LIBRARY PREFIX SUFFIX product IN OUT N M K A B: out (N x M) = op(a) op(b), floats, 1: turned; writes out, prints the median and the least seconds of a product, and the core.

   Dimensions are passed as 64 bits whatever the library has: in this calling convention one of 32 bits reads the lower half of the same register or slot. */
#include <dlfcn.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BY_ROWS = 101, PLAIN = 111, TURNED = 112, MOST = 16 };
typedef void (*product)(int64_t, int64_t, int64_t, int64_t, int64_t, int64_t, float, const float *, int64_t, const float *, int64_t, float, float *, int64_t);
static product sgemm;
static double inside; /* seconds in products */

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}

static void die(const char *what) {
  fprintf(stderr, "network: %s\n", what);
  exit(2);
}

static void *room(size_t bytes) {
  void *p = aligned_alloc(64, (bytes + 63) / 64 * 64);
  if (!p) die("no memory");
  memset(p, 0, bytes);
  return p;
}

static void get(void *to, size_t bytes, FILE *in) {
  if (fread(to, 1, bytes, in) != bytes) die("the input is too short");
}

/* c (n x m) = op(a) op(b) */
static void multiply(float *c, const float *a, int left, const float *b, int right, int n, int m, int k) {
  double begun = now();
  sgemm(BY_ROWS, left ? TURNED : PLAIN, right ? TURNED : PLAIN, n, m, k, 1, a, left ? n : k, b, right ? k : m, 0, c, m);
  inside += now() - begun;
}

static void train(FILE *in, FILE *out) {
  int32_t head[3], widths[MOST + 1];
  get(head, sizeof head, in);
  int examples = head[0], batch = head[1], depth = head[2];
  if (depth < 1 || depth > MOST) die("too deep");
  get(widths, sizeof *widths * (depth + 1), in);
  float scale[2];
  get(scale, sizeof scale, in);
  int dim = 0, places[MOST], width = widths[0], classes = widths[depth];
  float *y[MOST + 1], *d[MOST + 1];
  for (int l = 0; l <= depth; l++) {
    if (l < depth) places[l] = dim, dim += (widths[l] + 1) * widths[l + 1];
    y[l] = room(sizeof(float) * batch * widths[l]);
    d[l] = room(sizeof(float) * batch * widths[l]);
  }
  float *x = room(sizeof(float) * dim), *g = room(sizeof(float) * dim), *m = room(sizeof(float) * dim), *v = room(sizeof(float) * dim);
  uint32_t *order = room(sizeof *order * examples);
  uint8_t *inputs = room((size_t)examples * width), *labels = room(examples);
  int steps = (examples + batch - 1) / batch;
  double *losses = room(sizeof *losses * steps);
  get(x, sizeof(float) * dim, in);
  get(order, sizeof *order * examples, in);
  get(inputs, (size_t)examples * width, in);
  get(labels, examples, in);

  double begun = now(), power1 = 1, power2 = 1;
  for (int s = 0; s < steps; s++) {
    const uint32_t *rows = order + (size_t)s * batch;
    int n = examples - s * batch < batch ? examples - s * batch : batch;
    for (int r = 0; r < n; r++) {
      const uint8_t *from = inputs + (size_t)rows[r] * width;
      float *to = y[0] + (size_t)r * width;
      for (int i = 0; i < width; i++) to[i] = from[i] * scale[0] + scale[1];
    }
    for (int l = 0; l < depth; l++) {
      int k = widths[l], o = widths[l + 1];
      const float *w = x + places[l], *bias = w + k * o;
      multiply(y[l + 1], y[l], 0, w, 0, n, o, k);
      for (int r = 0; r < n; r++) {
        float *z = y[l + 1] + (size_t)r * o;
        if (l < depth - 1) for (int j = 0; j < o; j++) z[j] = z[j] + bias[j] > 0 ? z[j] + bias[j] : 0;
        else for (int j = 0; j < o; j++) z[j] += bias[j];
      }
    }
    double loss = 0;
    for (int r = 0; r < n; r++) {
      const float *z = y[depth] + (size_t)r * classes;
      float *p = d[depth] + (size_t)r * classes, most = z[0], sum = 0;
      for (int j = 1; j < classes; j++) most = z[j] > most ? z[j] : most;
      for (int j = 0; j < classes; j++) sum += p[j] = expf(z[j] - most);
      int label = labels[rows[r]];
      loss += logf(sum) - (z[label] - most);
      for (int j = 0; j < classes; j++) p[j] = p[j] / (sum * n);
      p[label] -= 1.0f / n;
    }
    losses[s] = loss / n;
    for (int l = depth - 1; l >= 0; l--) {
      int k = widths[l], o = widths[l + 1];
      float *to = g + places[l], *bias = to + k * o;
      multiply(to, y[l], 1, d[l + 1], 0, k, o, n);
      memset(bias, 0, sizeof(float) * o);
      for (int r = 0; r < n; r++) for (int j = 0; j < o; j++) bias[j] += d[l + 1][(size_t)r * o + j];
      if (l == 0) break;
      multiply(d[l], d[l + 1], 0, x + places[l], 1, n, k, o);
      for (int i = 0; i < n * k; i++) d[l][i] = y[l][i] > 0 ? d[l][i] : 0;
    }
    power1 *= 0.9;
    power2 *= 0.999;
    float step = 1e-3 * sqrt(1 - power2) / (1 - power1);
    for (int i = 0; i < dim; i++) {
      m[i] = 0.9f * m[i] + 0.1f * g[i];
      v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
      x[i] -= step * m[i] / (sqrtf(v[i]) + 1e-8f);
    }
  }
  printf("%.9f %.9f ", now() - begun, inside);
  fwrite(losses, sizeof *losses, steps, out);
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static void alone(FILE *in, FILE *out, char **sizes) {
  int n = atoi(sizes[0]), m = atoi(sizes[1]), k = atoi(sizes[2]);
  float *a = room(sizeof(float) * n * k), *b = room(sizeof(float) * k * m), *c = room(sizeof(float) * n * m);
  get(a, sizeof(float) * n * k, in);
  get(b, sizeof(float) * k * m, in);
  double times[9];
  int repeats = 1e8 / ((double)n * m * k) + 1;
  for (int t = -1; t < 9; t++) {
    double begun = now();
    for (int i = 0; i < repeats; i++) multiply(c, a, atoi(sizes[3]), b, atoi(sizes[4]), n, m, k);
    if (t >= 0) times[t] = (now() - begun) / repeats;
  }
  qsort(times, 9, sizeof *times, ascending);
  printf("%.9f %.9f ", times[4], times[0]);
  fwrite(c, sizeof(float), (size_t)n * m, out);
}

int main(int argc, char **argv) {
  if (argc < 7) return 2;
  void *library = dlopen(argv[1], RTLD_NOW);
  if (!library) die(dlerror());
  char name[256];
  snprintf(name, sizeof name, "%scblas_sgemm%s", argv[2], argv[3]);
  sgemm = (product)dlsym(library, name);
  snprintf(name, sizeof name, "%sopenblas_get_corename%s", argv[2], argv[3]);
  const char *(*core)(void) = (const char *(*)(void))dlsym(library, name);
  FILE *in = fopen(argv[5], "rb"), *out = fopen(argv[6], "wb");
  if (!sgemm || !core || !in || !out) die("a function or a file is missing");
  if (!strcmp(argv[4], "train")) train(in, out);
  else if (argc == 12) alone(in, out, argv + 7);
  else return 2;
  printf("%s\n", core());
  return fclose(out);
}
