// Matrix products over packed panels: C = A·B with B cut into panels of PANEL columns.
//
// A register block is up to ROWS rows of A against one panel (two vectors): A's elements are
// broadcast, so A may be read along rows or columns without copies. A panel stays in the first
// cache while all row blocks pass.

#define PANEL (2 * LANES)

// The block of `rows` rows and `vectors` vectors. A's elements in a row are side by side, or, if
// packed, A's columns of `rows`.
INLINE void block(int rows, int vectors, int packed_a, size_t k, const float *a, size_t a_row,
                  const float *b, float *c, size_t ldc, size_t columns, int accumulate) {
  vec sum[ROWS][2];
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) sum[r][0] = sum[r][1] = (vec){};
  // Three rows share a base, so that every address is one base plus a scaled offset.
  const float *base[4] = {a, a + 3 * a_row, a + 6 * a_row, a + 9 * a_row};
// Step J of an unrolled loop; the compiler may not mix steps, or it runs out of registers.
#define STEP(J)                                                                                  \
  {                                                                                              \
    vec b0 = load(b + J * PANEL), b1 = vectors > 1 ? load(b + J * PANEL + LANES) : (vec){};      \
    __builtin_prefetch(b + (16 + J) * PANEL);                                                    \
    if (vectors > 1) __builtin_prefetch(b + (16 + J) * PANEL + LANES);                           \
    _Pragma("clang loop unroll(full)") for (int r = 0; r < rows; r++) {                          \
      vec x = splat(packed_a ? base[0][J * rows + r] : base[r / 3][r % 3 * a_row + J]);          \
      sum[r][0] = fma_(x, b0, sum[r][0]);                                                        \
      if (vectors > 1) sum[r][1] = fma_(x, b1, sum[r][1]);                                       \
    }                                                                                            \
    __asm__ volatile("" ::: "memory");                                                           \
  }
  for (; k >= 4; k -= 4) {
    STEP(0) STEP(1) STEP(2) STEP(3)
    b += 4 * PANEL;
#pragma clang loop unroll(full)
    for (int g = 0; g < 4; g++) base[g] += packed_a ? 4 * rows : 4;
  }
  for (; k > 0; k--) {
    STEP(0)
    b += PANEL;
#pragma clang loop unroll(full)
    for (int g = 0; g < 4; g++) base[g] += packed_a ? rows : 1;
  }
#undef STEP
  size_t second = columns > LANES ? columns - LANES : 0;
#pragma clang loop unroll(full)
  for (int r = 0; r < rows; r++) {
    float *row = c + r * ldc;
    if (accumulate) {
      sum[r][0] += load_some(row, columns);
      if (vectors > 1) sum[r][1] += load_some(row + LANES, second);
    }
    store_some(row, sum[r][0], columns);
    if (vectors > 1) store_some(row + LANES, sum[r][1], second);
  }
}

#define BLOCK(R)                                                                                 \
  case R:                                                                                        \
    if (columns <= LANES)                                                                        \
      if (packed_a) block(R, 1, 1, k, a, 1, b, c, ldc, columns, accumulate);                     \
      else block(R, 1, 0, k, a, a_row, b, c, ldc, columns, accumulate);                          \
    else if (packed_a) block(R, 2, 1, k, a, 1, b, c, ldc, columns, accumulate);                  \
    else block(R, 2, 0, k, a, a_row, b, c, ldc, columns, accumulate);                            \
    return;

// Kept out of line: one copy of each block size is enough.
static __attribute__((noinline)) void row_block(size_t rows, int packed_a, size_t k,
                                                const float *a, size_t a_row, const float *b,
                                                float *c, size_t ldc, size_t columns,
                                                int accumulate) {
  switch (rows) {
    BLOCK(1) BLOCK(2) BLOCK(3) BLOCK(4) BLOCK(5) BLOCK(6)
#if ROWS > 6
    BLOCK(7) BLOCK(8) BLOCK(9) BLOCK(10) BLOCK(11) BLOCK(12)
#endif
  }
}

// A panel of the packed B after the other, with all row blocks for each; A's rows are contiguous.
static void gemm(size_t m, size_t n, size_t k, const float *a, size_t a_row, const float *packed,
                 float *c, size_t ldc, int accumulate) {
  if (m == 0) return;
  size_t blocks = (m + ROWS - 1) / ROWS;
  for (size_t j = 0; j < n; j += PANEL) {
    const float *panel = packed + j * k;
    size_t columns = n - j < PANEL ? n - j : PANEL;
    // Row blocks of equal size: 13 rows are 7 + 6, not 12 + 1.
    for (size_t p = 0, row = 0; p < blocks; p++) {
      size_t rows = (m - row) / (blocks - p);
      row_block(rows, 0, k, a + row * a_row, a_row, panel, c + row * ldc + j, ldc, columns,
                accumulate);
      row += rows;
    }
  }
}

// The same for an A whose columns are contiguous, a_k apart, with room for k · ROWS + LANES floats
// in scratch: a block of A is gathered once for all panels, because its rows lie on different
// pages.
static void gemm_columns(size_t m, size_t n, size_t k, const float *a, size_t a_k,
                         const float *packed, float *c, size_t ldc, int accumulate,
                         float *scratch) {
  size_t blocks = (m + ROWS - 1) / ROWS;
  for (size_t p = 0, row = 0; p < blocks; p++) {
    size_t rows = (m - row) / (blocks - p);
    // What a store writes beyond the rows, the next ones overwrite.
    for (size_t i = 0; i < k; i++)
      for (size_t r = 0; r < rows; r += LANES)
        store(scratch + i * rows + r, load_some(a + i * a_k + row + r, rows - r));
    for (size_t j = 0; j < n; j += PANEL)
      row_block(rows, 1, k, scratch, 1, packed + j * k, c + row * ldc + j, ldc,
                n - j < PANEL ? n - j : PANEL, accumulate);
    row += rows;
  }
}

// The floats at p and the bits at offset of mask, as a vector with dead weights zero.
INLINE vec load_masked(const float *p, size_t n, const uint64_t *mask, size_t offset) {
  vec x = load_some(p, n);
  if (!mask) return x;
  size_t word = offset / 64, shift = offset % 64;
  uint64_t bits = mask[word] >> shift;
  if (shift + n > 64) bits |= mask[word + 1] << (64 - shift);
  return select_(bit_lanes(bits), x, (vec){});
}

// Interleaves the halves of two vectors; LANES-square blocks are transposed by log2(LANES)
// rounds of it.
INLINE void interleave(vec a, vec b, vec *low, vec *high) {
#if LANES == 4
  *low = __builtin_shufflevector(a, b, 0, 4, 1, 5);
  *high = __builtin_shufflevector(a, b, 2, 6, 3, 7);
#elif LANES == 8
  *low = __builtin_shufflevector(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
  *high = __builtin_shufflevector(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
#else
  *low = __builtin_shufflevector(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
  *high = __builtin_shufflevector(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15,
                                  31);
#endif
}

INLINE void transpose(vec x[LANES]) {
#pragma clang loop unroll(full)
  for (int round = 1; round < LANES; round *= 2) {
    vec y[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES / 2; i++)
      interleave(x[i], x[i + LANES / 2], &y[2 * i], &y[2 * i + 1]);
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) x[i] = y[i];
  }
}

// Rows of B are contiguous: copy them panel by panel.
static void pack_rows(float *packed, const float *b, size_t k, size_t from, size_t n,
                      size_t stride, const uint64_t *mask) {
  for (size_t j = from; j < n; j += LANES) {
    float *to = packed + (j - from) / PANEL * (k * PANEL) + j % PANEL;
    size_t columns = n - j < LANES ? n - j : LANES;
    for (size_t i = 0; i < k; i++) {
      size_t at = i * stride + j;
      store(to + i * PANEL, load_masked(b + at, columns, mask, at));
    }
  }
}

// Columns of B are contiguous: transpose LANES-square blocks.
static void pack_columns(float *packed, const float *b, size_t k, size_t from, size_t n,
                         size_t stride, const uint64_t *mask) {
  for (size_t j = from; j < n; j += LANES) {
    float *to = packed + (j - from) / PANEL * (k * PANEL) + j % PANEL;
    size_t columns = n - j < LANES ? n - j : LANES;
    for (size_t i = 0; i < k; i += LANES) {
      size_t rows = k - i < LANES ? k - i : LANES;
      vec x[LANES];
#pragma clang loop unroll(full)
      for (size_t c = 0; c < LANES; c++) {
        size_t at = (j + c) * stride + i;
        x[c] = c < columns ? load_masked(b + at, rows, mask, at) : (vec){};
      }
      transpose(x);
      for (size_t r = 0; r < rows; r++) store(to + (i + r) * PANEL, x[r]);
    }
  }
}

// Packs B's columns from `from`, where a panel begins, to n. Of a last panel that is at most half
// full the second half is not written, and not read.
static void pack(float *packed, const float *b, size_t k, size_t from, size_t n, size_t k_stride,
                 size_t n_stride, const uint64_t *mask) {
  if (n_stride == 1) pack_rows(packed, b, k, from, n, k_stride, mask);
  else pack_columns(packed, b, k, from, n, n_stride, mask);
}

// C = A·B or C += A·B for B as it is and contiguous rows of A. A panel of B is packed where the
// caches keep it, for room for k · PANEL floats in scratch.
static void gemm_packing(size_t m, size_t n, size_t k, const float *a, size_t a_row,
                         const float *b, size_t b_k, size_t b_n, const uint64_t *mask, float *c,
                         size_t ldc, int accumulate, float *scratch) {
  for (size_t j = 0; j < n; j += PANEL) {
    size_t end = n - j < PANEL ? n : j + PANEL;
    pack(scratch, b, k, j, end, b_k, b_n, mask);
    gemm(m, end - j, k, a, a_row, scratch, c + j, ldc, accumulate);
  }
}
