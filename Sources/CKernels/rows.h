// Rows picked from a table and put beside each other, with dropout on the way; and the loss over
// rows of scores.

// What dropout does to the element numbered i and those behind it.
struct drop {
  uint32_t low, high;
  int32_t threshold;  // 0: nothing is dropped
  float scale;
};

INLINE struct drop drop_of(uint64_t key, float rate) {
  return (struct drop){(uint32_t)key, (uint32_t)(key >> 32), (int32_t)(rate * 16777216.f),
                       1 / (1 - rate)};
}

INLINE vec drop_(vec x, size_t i, struct drop d) {
  if (d.threshold == 0) return x;
  ivec bits = (ivec)(hash((uvec)lanes() + (uint32_t)i, d.low, d.high) >> 8);
  return select_(bits >= d.threshold, x * d.scale, (vec){});
}

static void dropout(size_t n, const float *x, float *y, size_t first, uint64_t key, float rate) {
  struct drop d = drop_of(key, rate);
  for (size_t i = 0; i < n; i += LANES)
    store_some(y + i, drop_(load_some(x + i, n - i), first + i, d), n - i);
}

static void gather(size_t n, const int32_t *rows, size_t width, const float *table,
                   const uint64_t *mask, float *y, size_t ldy, size_t first, uint64_t key,
                   float rate) {
  struct drop d = drop_of(key, rate);
  for (size_t i = 0; i < n; i++) {
    size_t from = (size_t)rows[i] * width, to = i * ldy;
    for (size_t j = 0; j < width; j += LANES) {
      vec x = load_some(table + from + j, width - j);
      if (mask) {
        size_t word = (from + j) / 64, shift = (from + j) % 64;
        uint64_t bits = mask[word] >> shift;
        // The next word holds bits of this row only if the vector crosses into it.
        if (shift + (width - j < LANES ? width - j : LANES) > 64)
          bits |= mask[word + 1] << (64 - shift);
        x = select_(bit_lanes(bits), x, (vec){});
      }
      store_some(y + to + j, drop_(x, first + to + j, d), width - j);
    }
  }
}

static void scatter_add(size_t n, const int32_t *rows, size_t width, const float *dy, size_t ldy,
                        size_t first, uint64_t key, float rate, float *table) {
  struct drop d = drop_of(key, rate);
  for (size_t i = 0; i < n; i++) {
    float *to = table + (size_t)rows[i] * width;
    for (size_t j = 0; j < width; j += LANES) {
      vec x = drop_(load_some(dy + i * ldy + j, width - j), first + i * ldy + j, d);
      store_some(to + j, load_some(to + j, width - j) + x, width - j);
    }
  }
}

// The row's elements from j on, -inf where there are none.
INLINE vec load_scores(const float *row, size_t j, size_t classes) {
  vec x = load_some(row + j, classes - j);
  return classes - j < LANES ? select_(first_lanes(classes - j), x, splat(-INFINITY)) : x;
}

INLINE float top_score(const float *row, size_t classes) {
  vec top = splat(-INFINITY);
  for (size_t j = 0; j < classes; j += LANES)
    top = __builtin_elementwise_max(top, load_scores(row, j, classes));
  float best = top[0];
  for (int i = 1; i < LANES; i++) best = fmaxf(best, top[i]);
  return best;
}

static double softmax_loss(size_t n, size_t classes, const float *scores, const int32_t *labels,
                           float *difference) {
  double total = 0;
  for (size_t i = 0; i < n; i++) {
    const float *row = scores + i * classes;
    float *out = difference + i * classes, top = top_score(row, classes);
    vec sums = {};
    for (size_t j = 0; j < classes; j += LANES) {
      vec x = exp_(load_some(row + j, classes - j) - top);
      store_some(out + j, x, classes - j);
      sums += classes - j < LANES ? select_(first_lanes(classes - j), x, (vec){}) : x;
    }
    float sum = sum_lanes(sums), share = 1 / sum;
    for (size_t j = 0; j < classes; j += LANES)
      store_some(out + j, load_some(out + j, classes - j) * share, classes - j);
    out[labels[i]] -= 1;
    total += (double)(top + logf(sum) - row[labels[i]]);
  }
  return total;
}

static void best_labels(size_t n, size_t classes, const float *scores, int32_t *labels) {
  for (size_t i = 0; i < n; i++) {
    const float *row = scores + i * classes;
    float top = top_score(row, classes);
    size_t best = 0;
    while (best < classes && row[best] != top) best++;
    labels[i] = best < classes ? (int32_t)best : 0;
  }
}

static void add_scaled(size_t rows, size_t width, float factor, const float *x, size_t ldx,
                       float *y, size_t ldy) {
  for (size_t r = 0; r < rows; r++, x += ldx, y += ldy)
    for (size_t i = 0; i < width; i += LANES)
      store_some(y + i, load_some(y + i, width - i) + load_some(x + i, width - i) * factor,
                 width - i);
}

static double dot_rows(size_t rows, size_t width, const float *x, size_t ldx, const float *y,
                       size_t ldy) {
  // A row is added up in float, the rows in double.
  double total = 0;
  for (size_t r = 0; r < rows; r++, x += ldx, y += ldy) {
    vec sum = {};
    for (size_t i = 0; i < width; i += LANES)
      sum += load_some(x + i, width - i) * load_some(y + i, width - i);
    total += sum_lanes(sum);
  }
  return total;
}
