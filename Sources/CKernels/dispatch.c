// Picks the instruction set once, and the functions everyone calls.
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

int tk_best_level(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq"))
    return 2;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return 1;
#endif
  return 0;
}

static int initial_level(void) {
  int best = tk_best_level(), wanted = best;
  const char *name = getenv("TICKETS_CPU");
  if (name && strcmp(name, "portable") == 0) wanted = 0;
  if (name && strcmp(name, "avx2") == 0) wanted = 1;
  return wanted < best ? wanted : best;
}

static int chosen = -1;
static _Thread_local int chosen_here = -1;

int tk_level(void) {
  if (chosen_here >= 0) return chosen_here;
  int level = __atomic_load_n(&chosen, __ATOMIC_RELAXED);
  if (level < 0) __atomic_store_n(&chosen, level = initial_level(), __ATOMIC_RELAXED);
  return level;
}

void tk_use_level_in_this_thread(int level) {
  int best = tk_best_level();
  chosen_here = level < best ? level : best;
}

static const struct tk_table *table(void) {
#if defined(__x86_64__)
  static const struct tk_table *const tables[] = {&tk_portable, &tk_avx2, &tk_avx512};
  return tables[tk_level()];
#else
  return &tk_portable;
#endif
}

size_t tk_packed_size(size_t k, size_t n) {
  size_t panel = table()->panel;
  return (n + panel - 1) / panel * panel * k;
}

void tk_pack(float *packed, const float *b, size_t k, size_t n, size_t k_stride, size_t n_stride,
             const uint64_t *mask) {
  table()->pack(packed, b, k, 0, n, k_stride, n_stride, mask);
}

// At least `count` floats of this thread's own, until the next call for the same purpose.
static float *scratch(size_t count, int purpose) {
  static _Thread_local struct {
    float *memory;
    size_t capacity;
  } all[2];
  if (all[purpose].capacity < count) {
    free(all[purpose].memory);
    all[purpose].capacity = (count + 15) / 16 * 16;
    all[purpose].memory = aligned_alloc(64, all[purpose].capacity * sizeof(float));
    if (!all[purpose].memory) abort();
  }
  return all[purpose].memory;
}

void tk_gemm(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_k,
             const float *packed, float *c, size_t ldc, int accumulate) {
  const struct tk_table *t = table();
  if (a_row == 1)
    t->gemm_columns(m, n, k, a, a_k, packed, c, ldc, accumulate, scratch(k * t->rows + 16, 0));
  else
    t->gemm(m, n, k, a, a_row, packed, c, ldc, accumulate);
}

void tk_product(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_k,
                const float *b, size_t b_k, size_t b_n, const uint64_t *mask, float *c, size_t ldc,
                int accumulate) {
  const struct tk_table *t = table();
  if (a_row == 1) {
    float *packed = scratch(tk_packed_size(k, n), 1);
    tk_pack(packed, b, k, n, b_k, b_n, mask);
    tk_gemm(m, n, k, a, a_row, a_k, packed, c, ldc, accumulate);
  } else {
    t->gemm_packing(m, n, k, a, a_row, b, b_k, b_n, mask, c, ldc, accumulate,
                    scratch(k * t->panel, 1));
  }
}

void tk_lstm_forward(size_t batch, size_t hidden, float *z, const float *c_prev, size_t prev_rows,
                     const float *bias, float *c, float *tanh_c, float *h, size_t ldh) {
  table()->lstm_forward(batch, hidden, z, c_prev, prev_rows, bias, c, tanh_c, h, ldh);
}

void tk_lstm_backward(size_t batch, size_t hidden, float *z, const float *c_prev,
                      size_t prev_rows, const float *tanh_c, const float *dh, size_t ldh,
                      const float *dh_next, size_t next_rows, float *dc) {
  table()->lstm_backward(batch, hidden, z, c_prev, prev_rows, tanh_c, dh, ldh, dh_next, next_rows,
                         dc);
}

size_t tk_sparse_units(void) { return table()->sparse_units; }
void tk_sparse_multiply(const struct tk_sparse *a, size_t units, const float *b, float *c) {
  table()->sparse_multiply(a, units, b, c);
}
void tk_sparse_gradient(const struct tk_sparse *a, struct tk_entry *entries, size_t units,
                        const float *dz, const float *x, int accumulate) {
  table()->sparse_gradient(a, entries, units, dz, x, accumulate);
}
void tk_transpose(size_t rows, size_t columns, const float *from, size_t ld_from, float *to,
                  size_t ld_to) {
  table()->transpose(rows, columns, from, ld_from, to, ld_to);
}
void tk_transpose_back(size_t rows, size_t columns, const float *from, size_t ld_from, float *to,
                       size_t ld_to, int accumulate) {
  table()->transpose_back(rows, columns, from, ld_from, to, ld_to, accumulate);
}

// The places of entries are all over the weights: ask for them a while ahead.
#define AHEAD 24

void tk_fetch(size_t count, const float *values, const uint32_t *places,
              struct tk_entry *entries) {
  size_t e = 0;
  for (; e + AHEAD < count; e++) {
    __builtin_prefetch(values + places[e + AHEAD]);
    entries[e].value = values[places[e]];
  }
  for (; e < count; e++) entries[e].value = values[places[e]];
}
void tk_deliver(size_t count, const struct tk_entry *entries, const uint32_t *places,
                float *values, int accumulate) {
  for (size_t e = 0; e < count; e++) {
    if (e + AHEAD < count) __builtin_prefetch(values + places[e + AHEAD], 1);
    float *value = values + places[e];
    *value = accumulate ? *value + entries[e].value : entries[e].value;
  }
}

void tk_exp(size_t n, const float *x, float *y) { table()->exp(n, x, y); }
void tk_tanh(size_t n, const float *x, float *y) { table()->tanh(n, x, y); }
void tk_sigmoid(size_t n, const float *x, float *y) { table()->sigmoid(n, x, y); }
float tk_log_sum_exp(size_t n, const float *a, const float *b) {
  return table()->log_sum_exp(n, a, b);
}
void tk_add(size_t n, const float *x, float *y) { table()->add(n, x, y); }
void tk_add_scaled(size_t rows, size_t width, float factor, const float *x, size_t ldx, float *y,
                   size_t ldy) {
  table()->add_scaled(rows, width, factor, x, ldx, y, ldy);
}
double tk_dot_rows(size_t rows, size_t width, const float *x, size_t ldx, const float *y,
                   size_t ldy) {
  return table()->dot_rows(rows, width, x, ldx, y, ldy);
}
void tk_column_sums(size_t rows, size_t columns, const float *x, float *sums) {
  table()->column_sums(rows, columns, x, sums);
}
void tk_scale(size_t n, float factor, float *x) { table()->scale(n, factor, x); }
void tk_dropout(size_t n, const float *x, float *y, size_t first, uint64_t key, float rate) {
  table()->dropout(n, x, y, first, key, rate);
}
void tk_noise(size_t n, const float *x, float *y, size_t first, uint64_t key, float deviation) {
  table()->noise(n, x, y, first, key, deviation);
}
void tk_gather(size_t n, const int32_t *rows, size_t width, const float *from,
               const uint64_t *mask, float *y, size_t ldy, size_t first, uint64_t key,
               float rate) {
  table()->gather(n, rows, width, from, mask, y, ldy, first, key, rate);
}
void tk_scatter_add(size_t n, const int32_t *rows, size_t width, const float *dy, size_t ldy,
                    size_t first, uint64_t key, float rate, float *to) {
  table()->scatter_add(n, rows, width, dy, ldy, first, key, rate, to);
}
double tk_softmax_loss(size_t n, size_t classes, const float *scores, const int32_t *labels,
                       float *difference) {
  return table()->softmax_loss(n, classes, scores, labels, difference);
}
void tk_best_labels(size_t n, size_t classes, const float *scores, int32_t *labels) {
  table()->best_labels(n, classes, scores, labels);
}

size_t tk_characters_stride(size_t filters) { return (filters + 15) / 16 * 16; }
void tk_characters_forward(size_t words, const int32_t *starts, const int32_t *characters,
                           size_t filters, const float *entries, const float *bias, float *output,
                           int32_t *best) {
  table()->characters_forward(words, starts, characters, filters, tk_characters_stride(filters),
                              entries, bias, output, best);
}
void tk_characters_backward(size_t words, const int32_t *starts, const int32_t *characters,
                            size_t filters, const float *gradient, const int32_t *best,
                            float *entries) {
  table()->characters_backward(words, starts, characters, filters, tk_characters_stride(filters),
                               gradient, best, entries);
}

void tk_filters_to_columns(size_t filters, size_t dimension, const float *weight,
                           const uint64_t *mask, float *columns) {
  size_t stride = tk_characters_stride(filters);
  memset(columns, 0, dimension * 3 * stride * sizeof(float));
  for (size_t j = 0, i = 0; j < filters; j++)
    for (size_t d = 0; d < dimension; d++)
      for (size_t o = 0; o < 3; o++, i++)
        if (!mask || mask[i / 64] >> (i % 64) & 1) columns[(d * 3 + o) * stride + j] = weight[i];
}
void tk_add_columns_to_filters(size_t filters, size_t dimension, const float *columns,
                               float *weight) {
  size_t stride = tk_characters_stride(filters);
  for (size_t j = 0, i = 0; j < filters; j++)
    for (size_t d = 0; d < dimension; d++)
      for (size_t o = 0; o < 3; o++, i++) weight[i] += columns[(d * 3 + o) * stride + j];
}

double tk_sum_squares(size_t n, const float *g, const uint64_t *mask) {
  return table()->sum_squares(n, g, mask);
}
void tk_sgd(size_t n, float *w, const float *g, float *v, const uint64_t *mask, float rate,
            float momentum, struct tk_clip clip) {
  table()->sgd(n, w, g, v, mask, rate, momentum, clip);
}
void tk_coast(size_t n, float *w, float *v, float moved, float left) {
  table()->coast(n, w, v, moved, left);
}

size_t tk_multiply_add(size_t rounds, float *result) {
  *result = table()->multiply_add(rounds);
  return rounds * table()->multiply_add_flop;
}

void tk_adam(size_t n, float *w, const float *g, float *m, float *v, const uint64_t *mask,
             uint32_t *steps, uint32_t step, const float *corrections, float rate, float beta1,
             float beta2, float epsilon, struct tk_clip clip) {
  table()->adam(n, w, g, m, v, mask, steps, step, corrections, rate, beta1, beta2, epsilon, clip);
}
void tk_adadelta(size_t n, float *w, const float *g, float *squares, float *updates,
                 const uint64_t *mask, float rate, float rho, float epsilon,
                 struct tk_clip clip) {
  table()->adadelta(n, w, g, squares, updates, mask, rate, rho, epsilon, clip);
}
