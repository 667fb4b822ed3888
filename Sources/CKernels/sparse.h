// Products with only the alive weights of a masked matrix, tokens in the vector lanes.
//
// Activations are feature-major here: a row is a feature, its columns are a few units of tokens.
// An alive weight is broadcast against vectors of tokens, so a random mask needs no gathers. The
// rows of B that a slice of entries reads stay in the first cache while all rows of C pass; a
// slice's groups are ordered by length, so that loops end where the processor expects.

#define UNIT_VECTORS (TK_UNIT / LANES)
// Units of tokens whose sums fit into the registers.
#define UNITS (LANES == 16 ? 6 : LANES == 8 ? 4 : 2)

// c = the sum of the entries' values times rows of b, added to c unless it is the first.
INLINE void sparse_row(int units, int is_first, size_t count, const struct tk_entry *entries,
                       const char *b, float *c) {
  const int vectors = units * UNIT_VECTORS;
  // Few sums would wait for each other.
  const int sums = vectors == 1 ? 4 : vectors <= 6 ? 2 : 1;
  vec sum[4][UNITS * UNIT_VECTORS];
#pragma clang loop unroll(full)
  for (int v = 0; v < vectors; v++) {
    sum[0][v] = is_first ? (vec){} : load(c + v * LANES);
#pragma clang loop unroll(full)
    for (int s = 1; s < sums; s++) sum[s][v] = (vec){};
  }
#define ENTRY(I, S)                                                                              \
  {                                                                                              \
    /* One load for both halves. */                                                              \
    uint64_t both;                                                                               \
    memcpy(&both, entries + I, 8);                                                               \
    vec x = (vec)((int32_t)(uint32_t)both - (ivec){});                                           \
    const float *row = (const float *)(b + (both >> 32) * units);                                \
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
    vec x = sum[0][v];
    if (sums == 2) x += sum[1][v];
    if (sums == 4) x = (x + sum[1][v]) + (sum[2][v] + sum[3][v]);
    store(c + v * LANES, x);
  }
}

INLINE void sparse_rows(int units, const struct tk_sparse *a, const float *b, float *c) {
  const struct tk_group *group = a->groups, *first = group + a->first_count;
  const struct tk_entry *entries = a->entries;
  for (; group < first; entries += group->count, group++)
    sparse_row(units, 1, group->count, entries, (const char *)b, c + group->row * units * TK_UNIT);
  for (; group < a->groups + a->group_count; entries += group->count, group++)
    sparse_row(units, 0, group->count, entries, (const char *)b, c + group->row * units * TK_UNIT);
}

#define ROWS_OF(U)                                                                               \
  case U: sparse_rows(U, a, b, c); return;

static void sparse_multiply(const struct tk_sparse *a, size_t units, const float *b, float *c) {
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

// The sum over tokens of dz times row e of x, for `count` ≤ 8 entries of one row: their values, or
// added to them.
INLINE void sparse_dots(int count, int accumulate, size_t units, struct tk_entry *entries,
                        const float *dz, const char *x) {
  vec sum[8];
  const float *row[8];
#pragma clang loop unroll(full)
  for (int e = 0; e < 8; e++) sum[e] = (vec){};
#pragma clang loop unroll(full)
  for (int e = 0; e < count; e++) row[e] = (const float *)(x + entries[e].offset * units);
  for (size_t t = 0; t < units * TK_UNIT; t += LANES) {
    vec d = load(dz + t);
#pragma clang loop unroll(full)
    for (int e = 0; e < count; e++) sum[e] = fma_(d, load(row[e] + t), sum[e]);
  }
  float sums[8];
  sum_lanes_of_8(sum, sums);
#pragma clang loop unroll(full)
  for (int e = 0; e < count; e++)
    entries[e].value = accumulate ? entries[e].value + sums[e] : sums[e];
}

#define DOTS(COUNT)                                                                              \
  case COUNT: sparse_dots(COUNT, accumulate, units, entries, row, x); break;

static void sparse_gradient(const struct tk_sparse *a, struct tk_entry *entries, size_t units,
                            const float *dz, const float *features, int accumulate) {
  const char *x = (const char *)features;
  const struct tk_group *group = a->groups, *end = group + a->group_count;
  for (; group < end; group++) {
    const float *row = dz + group->row * units * TK_UNIT;
    size_t left = group->count;
    for (; left >= 8; left -= 8, entries += 8) sparse_dots(8, accumulate, units, entries, row, x);
    switch (left) { DOTS(1) DOTS(2) DOTS(3) DOTS(4) DOTS(5) DOTS(6) DOTS(7) }
    entries += left;
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

// The way back: to[i][j] = or += from[j][i]; nothing beyond `rows` × `columns` is written.
static void transpose_back(size_t rows, size_t columns, const float *from, size_t ld_from,
                           float *to, size_t ld_to, int accumulate) {
  for (size_t i = 0; i < rows; i += LANES)
    for (size_t j = 0; j < columns; j += LANES) {
      size_t width = columns - j < LANES ? columns - j : LANES;
      size_t height = rows - i < LANES ? rows - i : LANES;
      vec x[LANES];
#pragma clang loop unroll(full)
      for (size_t c = 0; c < LANES; c++)
        x[c] = c < width ? load(from + (j + c) * ld_from + i) : (vec){};
      transpose(x);
#pragma clang loop unroll(full)
      for (size_t r = 0; r < LANES; r++) {
        float *row = to + (i + r) * ld_to + j;
        if (r < height) store_some(row, accumulate ? load_some(row, width) + x[r] : x[r], width);
      }
    }
}
