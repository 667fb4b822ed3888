// Products with only the alive weights of a masked matrix, tokens in the vector lanes.
//
// Activations are feature-major here: a row is a feature, its columns are tokens, in units of
// UNIT. An alive weight is broadcast against vectors of tokens, so a random mask needs no
// gathers. The rows of B that a slice of entries reads stay in the first cache while all rows of
// C pass; a slice's groups are ordered by length, so that loops end where the processor expects.

#define UNIT_VECTORS (TK_UNIT / LANES)
// Units of tokens that a row of C keeps in registers.
#define UNITS (LANES == 16 ? 6 : LANES == 8 ? 4 : 2)

// c += Σ entries' values · rows of b for `units` units of tokens, of which the last has `last`; or
// c = *initial + that sum for whole units.
INLINE void sparse_row(int units, const float *initial, size_t last, size_t count,
                       const struct tk_entry *entries, const char *b, size_t lines, float *c) {
  const int vectors = units * UNIT_VECTORS;
  // Few sums would wait for each other.
  const int sums = vectors == 1 ? 4 : vectors <= 6 ? 2 : 1;
  vec sum[4][UNITS * UNIT_VECTORS];
  size_t n = (units - 1) * TK_UNIT + last;
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    size_t at = v * LANES;
    sum[0][v] = initial                      ? splat(*initial)
                : v < vectors - UNIT_VECTORS ? load(c + at)
                : at < n                     ? load_some(c + at, n - at)
                                             : (vec){};
#pragma clang loop unroll(full)
    for (int s = 1; s < sums; s++) sum[s][v] = (vec){};
  }
#define ENTRY(I, S)                                                                              \
  {                                                                                              \
    /* One load for both halves. */                                                              \
    uint64_t both;                                                                               \
    memcpy(&both, entries + I, 8);                                                               \
    vec x = (vec)((int32_t)(uint32_t)both - (ivec){});                                           \
    const float *row = (const float *)(b + (both >> 32) * lines);                                \
    _Pragma("clang loop unroll(full)") for (int v = 0; v < vectors; v++)                         \
        sum[S][v] = fma_(x, load(row + v * LANES), sum[S][v]);                                   \
  }
  size_t i = 0;
  for (; i + sums <= count; i += sums) {
#pragma clang loop unroll(full)
    for (int s = 0; s < sums; s++) ENTRY(i + s, s)
  }
  for (; i < count; i++) ENTRY(i, 0)
#undef ENTRY
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    size_t at = v * LANES;
    vec x = sum[0][v];
    if (sums == 2) x += sum[1][v];
    if (sums == 4) x = (x + sum[1][v]) + (sum[2][v] + sum[3][v]);
    if (initial || v < vectors - UNIT_VECTORS) store(c + at, x);
    else if (at < n) store_some(c + at, x, n - at);
  }
}

// All groups; those of the first slice begin the rows of C if there are initial values.
INLINE void sparse_rows(int units, const struct tk_sparse *a, const float *initial, size_t last,
                        const char *b, size_t lines, float *c, size_t ldc) {
  const struct tk_group *group = a->groups, *end = group + a->group_count;
  const struct tk_entry *entries = a->entries;
  if (initial)
    for (const struct tk_group *first = group + a->first_count; group < first; group++) {
      sparse_row(units, initial + group->row, 0, group->count, entries, b, lines,
                 c + group->row * ldc);
      entries += group->count;
    }
  for (; group < end; group++) {
    sparse_row(units, NULL, last, group->count, entries, b, lines, c + group->row * ldc);
    entries += group->count;
  }
}

#define ROWS_OF(U)                                                                               \
  case U: sparse_rows(U, a, initial, last, b, lines, c, ldc); return;

static __attribute__((noinline)) void sparse_block(int units, const struct tk_sparse *a,
                                                   const float *initial, size_t last,
                                                   const char *b, size_t lines, float *c,
                                                   size_t ldc) {
  // A step of a small batch: the rows of B stand side by side.
  if (units == 1 && lines == 1) return sparse_rows(1, a, initial, last, b, 1, c, ldc);
  switch (units) {
    ROWS_OF(1) ROWS_OF(2)
#if LANES > 4
    ROWS_OF(3) ROWS_OF(4)
#endif
#if LANES > 8
    ROWS_OF(5) ROWS_OF(6)
#endif
  }
}

static void sparse_multiply(const struct tk_sparse *a, const float *initial, size_t n,
                            const float *b, size_t ldb, float *c, size_t ldc) {
  size_t units = (n + TK_UNIT - 1) / TK_UNIT, blocks = (units + UNITS - 1) / UNITS;
  for (size_t p = 0, unit = 0; p < blocks; p++) {
    size_t width = (units - unit) / (blocks - p), at = unit * TK_UNIT;
    unit += width;
    size_t last = n < unit * TK_UNIT ? n - (unit - 1) * TK_UNIT : TK_UNIT;
    sparse_block((int)width, a, initial, last, (const char *)(b + at), ldb / TK_UNIT, c + at, ldc);
  }
}

// The sums of the lanes of 8 vectors.
INLINE void sum_lanes_of_8(vec x[8], float *sums) {
#if LANES >= 8
#pragma clang loop unroll(full)
  for (int half = 4; half > 0; half /= 2) {
#pragma clang loop unroll(full)
    for (int i = 0; i < half; i++) {
      vec low, high;
      interleave(x[i], x[i + half], &low, &high);
      x[i] = low + high;
    }
  }
#if LANES == 16
  x[0] += __builtin_shufflevector(x[0], x[0], 8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13,
                                  14, 15);
#endif
  memcpy(sums, &x[0], 8 * sizeof(float));
#else
  for (int i = 0; i < 8; i++) sums[i] = sum_lanes(x[i]);
#endif
}

// entries[e].value += Σ_t dz[t] · x[column e][t] for `count` ≤ 8 entries of one row, or = if
// these are the first tokens.
INLINE void sparse_dots(int count, int is_first, size_t tokens, struct tk_entry *entries, const float *dz,
                        const char *x, size_t lines) {
  vec sum[8];
  const float *row[8];
#pragma clang loop unroll(full)
  for (int e = 0; e < 8; e++) sum[e] = (vec){};
#pragma clang loop unroll(full)
  for (int e = 0; e < count; e++) row[e] = (const float *)(x + entries[e].offset * lines);
  for (size_t t = 0; t < tokens; t += LANES) {
    vec d = load(dz + t);
#pragma clang loop unroll(full)
    for (int e = 0; e < count; e++) sum[e] = fma_(d, load(row[e] + t), sum[e]);
  }
  float sums[8];
  sum_lanes_of_8(sum, sums);
#pragma clang loop unroll(full)
  for (int e = 0; e < count; e++)
    entries[e].value = is_first ? sums[e] : entries[e].value + sums[e];
}

#define DOTS(COUNT)                                                                              \
  case COUNT: sparse_dots(COUNT, is_first, tokens, entries, row, x, lines); break;

static __attribute__((noinline)) void sparse_gradient_block(const struct tk_sparse *a,
                                                            struct tk_entry *entries,
                                                            int is_first, size_t tokens, const float *dz,
                                                            size_t ldz, const char *x,
                                                            size_t lines) {
  const struct tk_group *group = a->groups, *end = group + a->group_count;
  for (; group < end; group++) {
    const float *row = dz + group->row * ldz;
    size_t left = group->count;
    for (; left >= 8; left -= 8, entries += 8) sparse_dots(8, is_first, tokens, entries, row, x, lines);
    switch (left) { DOTS(1) DOTS(2) DOTS(3) DOTS(4) DOTS(5) DOTS(6) DOTS(7) }
    entries += left;
  }
}

static void sparse_gradient(const struct tk_sparse *a, struct tk_entry *entries, size_t n,
                            const float *dz, size_t ldz, const float *x, size_t ldx) {
  // As many units at once as still leave a slice of X in the first cache.
  const size_t most = 12;
  size_t units = (n + TK_UNIT - 1) / TK_UNIT, blocks = (units + most - 1) / most;
  for (size_t p = 0, unit = 0; p < blocks; p++) {
    size_t width = (units - unit) / (blocks - p), at = unit * TK_UNIT;
    unit += width;
    sparse_gradient_block(a, entries, p == 0, width * TK_UNIT, dz + at, ldz, (const char *)(x + at),
                          ldx / TK_UNIT);
  }
}

// to[j][i] = from[i][j]; rows of `to` are filled up with zeros to whole units.
static void transpose_all(size_t rows, size_t columns, const float *from, size_t ld_from,
                          float *to, size_t ld_to) {
  size_t padded = (rows + TK_UNIT - 1) / TK_UNIT * TK_UNIT;
  for (size_t i = 0; i < padded; i += LANES)
    for (size_t j = 0; j < columns; j += LANES) {
      size_t width = columns - j < LANES ? columns - j : LANES;
      vec x[LANES];
#pragma clang loop unroll(full)
      for (size_t r = 0; r < LANES; r++)
        x[r] = i + r < rows ? load_some(from + (i + r) * ld_from + j, width) : (vec){};
      transpose(x);
      for (size_t c = 0; c < width; c++) store(to + (j + c) * ld_to + i, x[c]);
    }
}

// The way back: to[i][j] = from[j][i], nothing beyond `rows` × `columns` is written.
static void transpose_back(size_t rows, size_t columns, const float *from, size_t ld_from,
                           float *to, size_t ld_to) {
  for (size_t i = 0; i < rows; i += LANES)
    for (size_t j = 0; j < columns; j += LANES) {
      size_t width = columns - j < LANES ? columns - j : LANES;
      size_t height = rows - i < LANES ? rows - i : LANES;
      vec x[LANES];
#pragma clang loop unroll(full)
      for (size_t c = 0; c < LANES; c++)
        x[c] = c < width ? load(from + (j + c) * ld_from + i) : (vec){};
      transpose(x);
      for (size_t r = 0; r < height; r++) store_some(to + (i + r) * ld_to + j, x[r], width);
    }
}

static void row_sums(size_t rows, size_t n, const float *x, size_t ldx, float *sums) {
  for (size_t r = 0; r < rows; r++) {
    vec sum = {};
    for (size_t t = 0; t < n; t += LANES) sum += load_some(x + r * ldx + t, n - t);
    sums[r] += sum_lanes(sum);
  }
}
