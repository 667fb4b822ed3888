// The inner loops of the networks, in C, each for three kinds of processor.
//
// Every function has a plain reference in the tests. All matrices are float32, row-major unless
// strides say otherwise. Masks are bits in 64-bit words, bit i of word i / 64, 1 = alive.
// Shape letters: B sentences of a step, N tokens, D input features, H hidden units, C classes.
#pragma once

#include <stddef.h>
#include <stdint.h>

// The instruction set in use: 0 portable, 1 AVX2, 2 AVX-512. The best one the processor has,
// unless the environment's TICKETS_CPU (portable, avx2, avx512) asks for a lower one.
int tk_level(void);
// The best level this processor has, whatever TICKETS_CPU says.
int tk_best_level(void);
// Puts `level` in use for this thread, or the best one the processor has if that is lower;
// a negative level ends that. For tests.
void tk_use_level_in_this_thread(int level);

// The processor time that this thread has used, in nanoseconds, with what was added to it: time of
// other threads that worked for it, less its own waiting for them.
int64_t tk_thread_nanoseconds(void);
void tk_add_thread_nanoseconds(int64_t nanoseconds);

// Tells the processor that this thread waits in a loop.
static inline void tk_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

// ---- Matrix products -----------------------------------------------------------------------

// Floats needed for a packed k × n matrix.
size_t tk_packed_size(size_t k, size_t n);
// Packs B (k × n, element (i, j) at b[i * k_stride + j * n_stride]) for `tk_gemm`. One of the
// strides is 1. With a mask, elements whose bit (at the element's offset from b) is 0 become 0.
void tk_pack(float *packed, const float *b, size_t k, size_t n, size_t k_stride, size_t n_stride,
             const uint64_t *mask);
// C (m × n, row stride ldc) = A·B, or C += A·B if `accumulate`. A's element (i, j) is at
// a[i * a_row + j * a_k], one of the strides is 1; B is packed.
void tk_gemm(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_k,
             const float *packed, float *c, size_t ldc, int accumulate);

// The same with B as it is, strides and mask as in `tk_pack`; it is packed on the way.
void tk_product(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_k,
                const float *b, size_t b_k, size_t b_n, const uint64_t *mask, float *c, size_t ldc,
                int accumulate);

// ---- LSTM cells ----------------------------------------------------------------------------

// One time step of B cells. z (B × 4H, gates i, f, g, o) holds pre-activations without bias (4H)
// and becomes the activated gates. c (B × H) is written; c_prev may be NULL for zeros; tanh_c (B × H) keeps
// tanh(c); h has row stride ldh.
void tk_lstm_forward(size_t batch, size_t hidden, float *z, const float *c_prev, size_t prev_rows,
                     const float *bias, float *c, float *tanh_c, float *h, size_t ldh);
// Back through one time step. z holds the activated gates and becomes the gradient of the
// pre-activations. dh (row stride ldh) is the gradient from above, dh_next (B × H, may be NULL)
// that from the next step, for its first next_rows rows; dc (B × H) is the gradient of c on
// entry (first next_rows rows valid) and that of c_prev on return.
void tk_lstm_backward(size_t batch, size_t hidden, float *z, const float *c_prev,
                      size_t prev_rows, const float *tanh_c, const float *dh, size_t ldh,
                      const float *dh_next, size_t next_rows, float *dc);

// ---- Sparse products -----------------------------------------------------------------------
//
// Activations are feature-major: row r holds feature r of a few units of tokens, the rows side by
// side.

// Tokens a unit.
#define TK_UNIT 16

// An alive weight: its value, and 4 · TK_UNIT times its column, the distance in bytes of the row
// it reads where rows are one unit wide.
struct tk_entry {
  float value;
  uint32_t offset;
};
// `count` entries, one after the other, that add to row `row` of C.
struct tk_group {
  uint16_t row, count;
};
// A matrix's alive weights, group after group. The first `first_count` groups hold each row once.
struct tk_sparse {
  size_t group_count, first_count;
  const struct tk_group *groups;
  const struct tk_entry *entries;
};

// The most units of tokens that `tk_sparse_multiply` takes.
size_t tk_sparse_units(void);
// C = A·B for tokens in `units` units; B has a row for each column of A.
void tk_sparse_multiply(const struct tk_sparse *a, size_t units, const float *b, float *c);
// entries[e].value = or += Σ_t dz[row e][t] · x[column e][t], for the entries of a.
void tk_sparse_gradient(const struct tk_sparse *a, struct tk_entry *entries, size_t units,
                        const float *dz, const float *x, int accumulate);
// entries[e].value = values[places[e]].
void tk_fetch(size_t count, const float *values, const uint32_t *places,
              struct tk_entry *entries);
// values[places[e]] = entries[e].value, or += it if `accumulate`.
void tk_deliver(size_t count, const struct tk_entry *entries, const uint32_t *places,
                float *values, int accumulate);
// to[j][i] = from[i][j] for i < rows, j < columns; rows of `to` are filled up with zeros to a
// whole unit.
void tk_transpose(size_t rows, size_t columns, const float *from, size_t ld_from, float *to,
                  size_t ld_to);
// to[i][j] = or += from[j][i] for i < rows, j < columns; nothing else is written. Rows of `from`
// are readable to the end of a unit.
void tk_transpose_back(size_t rows, size_t columns, const float *from, size_t ld_from, float *to,
                       size_t ld_to, int accumulate);

// ---- Vectors -------------------------------------------------------------------------------

// y[i] = exp(x[i]).
void tk_exp(size_t n, const float *x, float *y);
// y[i] = tanh(x[i]).
void tk_tanh(size_t n, const float *x, float *y);
// y[i] = 1 / (1 + exp(-x[i])).
void tk_sigmoid(size_t n, const float *x, float *y);
// log Σ exp(a[i] + b[i]), without overflow.
float tk_log_sum_exp(size_t n, const float *a, const float *b);
// y += x.
void tk_add(size_t n, const float *x, float *y);
// sums[j] += Σ_i x[i * columns + j].
void tk_column_sums(size_t rows, size_t columns, const float *x, float *sums);
// x *= factor.
void tk_scale(size_t n, float factor, float *x);
// y[i] = x[i] / (1 - rate) where element first + i is kept, else 0. What is kept depends on key
// and the element's number alone, so the same call on a gradient is the backward pass.
void tk_dropout(size_t n, const float *x, float *y, size_t first, uint64_t key, float rate);
// y[i] = x[i] + deviation · a number from N(0, 1) that depends on key and first + i alone.
void tk_noise(size_t n, const float *x, float *y, size_t first, uint64_t key, float deviation);

// ---- Rows ----------------------------------------------------------------------------------

// Row i of y (width floats, rows ldy apart) += factor times row i of x (rows ldx apart).
void tk_add_scaled(size_t rows, size_t width, float factor, const float *x, size_t ldx, float *y,
                   size_t ldy);
// The sum over all rows of the products of x and y, `width` floats a row.
double tk_dot_rows(size_t rows, size_t width, const float *x, size_t ldx, const float *y,
                   size_t ldy);

// Row i of y (width floats, rows ldy apart) = row rows[i] of the table (width floats a row), its
// dead weights zero if there is a mask, after dropout; y[0] is dropout's element `first`.
void tk_gather(size_t n, const int32_t *rows, size_t width, const float *table,
               const uint64_t *mask, float *y, size_t ldy, size_t first, uint64_t key, float rate);
// The way back: row rows[i] of the table += row i of dy, after the same dropout.
void tk_scatter_add(size_t n, const int32_t *rows, size_t width, const float *dy, size_t ldy,
                    size_t first, uint64_t key, float rate, float *table);
// Σ_i -log softmax(scores_i)[labels[i]] over n rows of scores, and in `difference` softmax minus
// one-hot, the gradient of that sum.
double tk_softmax_loss(size_t n, size_t classes, const float *scores, const int32_t *labels,
                       float *difference);
// The index of each row's greatest score, the first of several.
void tk_best_labels(size_t n, size_t classes, const float *scores, int32_t *labels);

// ---- Character CNN -------------------------------------------------------------------------

// A convolution of width 3, zero padding 1, then the maximum over a word's positions. Its table
// has three rows for every character: what it adds to the filters at the position behind it, at
// its own and at the one before it. Word i's characters are characters[starts[i] ..< starts[i+1]].

// Floats of a row of the table: the filters, rounded up to whole vectors.
size_t tk_characters_stride(size_t filters);
// output (words × filters) and, in best (words × stride), the position of each maximum.
void tk_characters_forward(size_t words, const int32_t *starts, const int32_t *characters,
                           size_t filters, const float *table, const float *bias, float *output,
                           int32_t *best);
// Adds the gradient (words × filters) to the table's.
void tk_characters_backward(size_t words, const int32_t *starts, const int32_t *characters,
                            size_t filters, const float *gradient, const int32_t *best,
                            float *table);
// The filters (filters × dimension × 3) as the columns (dimension × 3 · stride) of the matrix that
// makes the table of character vectors, dead weights and padding zero.
void tk_filters_to_columns(size_t filters, size_t dimension, const float *weight,
                           const uint64_t *mask, float *columns);
// The way back: adds the gradient of the columns to that of the filters.
void tk_add_columns_to_filters(size_t filters, size_t dimension, const float *columns,
                               float *weight);

// ---- Optimisers ----------------------------------------------------------------------------

// Σ g[i]² over alive weights (all if mask is NULL), summed in a fixed order.
double tk_sum_squares(size_t n, const float *g, const uint64_t *mask);

// How a gradient is prepared before it is used: g' = clamp(g * scale, ±limit).
struct tk_clip {
  float scale;
  float limit;
};

// v = momentum·v + g'; w -= rate·v, for alive weights; others are neither read nor written.
void tk_sgd(size_t n, float *w, const float *g, float *v, const uint64_t *mask, float rate,
            float momentum, struct tk_clip clip);
// What steps without a gradient come to: w -= moved·v, then v *= left.
void tk_coast(size_t n, float *w, float *v, float moved, float left);
// Adam for alive weights. corrections holds, for s = 0, 1, …, the pair 1 / (1 - β1^s),
// 1 / (1 - β2^s); steps[i] counts weight i's own steps, or is NULL if all have made `step`.
void tk_adam(size_t n, float *w, const float *g, float *m, float *v, const uint64_t *mask,
             uint32_t *steps, uint32_t step, const float *corrections, float rate, float beta1,
             float beta2, float epsilon, struct tk_clip clip);
// AdaDelta for alive weights: squares = ρ·squares + (1 - ρ)·g'^2, u = g'·√((updates + ε) /
// (squares + ε)), updates = ρ·updates + (1 - ρ)·u^2; w -= rate·u.
void tk_adadelta(size_t n, float *w, const float *g, float *squares, float *updates,
                 const uint64_t *mask, float rate, float rho, float epsilon, struct tk_clip clip);

// ---- Measuring -----------------------------------------------------------------------------

// Does `rounds` rounds of independent multiply-adds in registers, as fast as the processor can,
// and gives the floating-point operations done: two for each multiply-add.
size_t tk_multiply_add(size_t rounds, float *result);
