// Functions, sums, the hash behind dropout and optimiser steps over vectors.

#define FOR_ALL(NAME, FUNCTION)                                                                  \
  static void NAME(size_t count, const float *x, float *y) {                                     \
    for (size_t i = 0; i < count; i += LANES)                                                    \
      store_some(y + i, FUNCTION(load_some(x + i, count - i)), count - i);                       \
  }
FOR_ALL(exp_all, exp_)
FOR_ALL(tanh_all, tanh_)
FOR_ALL(sigmoid_all, sigmoid_)

static float log_sum_exp(size_t n, const float *a, const float *b) {
  float top = a[0] + b[0];
  for (size_t i = 1; i < n; i++) top = fmaxf(top, a[i] + b[i]);
  vec sum = {};
  for (size_t i = 0; i < n; i += LANES) {
    vec x = exp_(load_some(a + i, n - i) + load_some(b + i, n - i) - top);
    sum += n - i < LANES ? select_(first_lanes(n - i), x, (vec){}) : x;
  }
  return top + logf(sum_lanes(sum));
}

static void add(size_t n, const float *x, float *y) {
  for (size_t i = 0; i < n; i += LANES)
    store_some(y + i, load_some(y + i, n - i) + load_some(x + i, n - i), n - i);
}

static void scale(size_t n, float factor, float *x) {
  for (size_t i = 0; i < n; i += LANES) store_some(x + i, load_some(x + i, n - i) * factor, n - i);
}

static void column_sums(size_t rows, size_t columns, const float *x, float *sums) {
  for (size_t j = 0; j < columns; j += LANES) {
    size_t n = columns - j < LANES ? columns - j : LANES;
    vec sum = load_some(sums + j, n);
    for (size_t r = 0; r < rows; r++) sum += load_some(x + r * columns + j, n);
    store_some(sums + j, sum, n);
  }
}

// A 32-bit hash of the element's number under the key: two rounds of xor, shift and multiply
// with the key's halves mixed in between.
INLINE uvec hash(uvec i, uint32_t low, uint32_t high) {
  uvec x = i ^ low;
  x = (x ^ x >> 16) * 0x7feb352du;
  x = (x ^ x >> 15) * 0x846ca68bu;
  x = (x ^ x >> 16) + high;
  x = (x ^ x >> 16) * 0x7feb352du;
  x = (x ^ x >> 15) * 0x846ca68bu;
  return x ^ x >> 16;
}

static double sum_squares(size_t n, const float *g, const uint64_t *mask) {
  // Vectors are added up in float over short stretches, the stretches in double.
  double total = 0;
  for (size_t start = 0; start < n; start += 1024) {
    size_t end = n - start < 1024 ? n : start + 1024;
    vec sum = {};
    for (size_t i = start; i < end; i += LANES) {
      vec x = load_some(g + i, end - i);
      if (mask) x = select_(bit_lanes(mask[i / 64] >> (i % 64)), x, (vec){});
      sum = fma_(x, x, sum);
    }
    total += sum_lanes(sum);
  }
  return total;
}

static void sgd(size_t n, float *w, const float *g, float *v, const uint64_t *mask, float rate,
                float momentum, struct tk_clip clip) {
  for (size_t i = 0; i < n; i += LANES) {
    size_t count = n - i < LANES ? n - i : LANES;
    uint64_t bits = mask ? mask[i / 64] >> (i % 64) : ~0ull;
    if ((bits & ((1ull << LANES) - 1)) == 0) continue;
    vec gradient = load_some(g + i, count) * clip.scale;
    gradient = __builtin_elementwise_min(__builtin_elementwise_max(gradient, splat(-clip.limit)),
                                         splat(clip.limit));
    vec velocity = load_some(v + i, count), weight = load_some(w + i, count);
    vec moved = fma_(velocity, splat(momentum), gradient);
    vec updated = fma_(moved, splat(-rate), weight);
    ivec alive = bit_lanes(bits);
    store_some(v + i, select_(alive, moved, velocity), count);
    store_some(w + i, select_(alive, updated, weight), count);
  }
}

static void adam(size_t n, float *w, const float *g, float *m, float *v, const uint64_t *mask,
                 uint32_t *steps, uint32_t step, const float *corrections, float rate, float beta1,
                 float beta2, float epsilon, struct tk_clip clip) {
  vec first = splat(corrections[2 * step]), second = splat(corrections[2 * step + 1]);
  for (size_t i = 0; i < n; i += LANES) {
    size_t count = n - i < LANES ? n - i : LANES;
    uint64_t bits = mask ? mask[i / 64] >> (i % 64) : ~0ull;
    if ((bits & ((1ull << LANES) - 1)) == 0) continue;
    for (size_t j = 0; steps && j < count; j++) {
      steps[i + j] += bits >> j & 1;
      first[j] = corrections[2 * steps[i + j]];
      second[j] = corrections[2 * steps[i + j] + 1];
    }
    vec x = load_some(g + i, count) * clip.scale;
    x = __builtin_elementwise_min(__builtin_elementwise_max(x, splat(-clip.limit)),
                                  splat(clip.limit));
    vec mean = load_some(m + i, count), square = load_some(v + i, count);
    vec weight = load_some(w + i, count);
    vec new_mean = beta1 * mean + (1 - beta1) * x;
    vec new_square = beta2 * square + (1 - beta2) * x * x;
    vec root = __builtin_elementwise_sqrt(new_square * second);
    vec moved = weight - rate * (new_mean * first) / (root + epsilon);
    ivec alive = bit_lanes(bits);
    store_some(m + i, select_(alive, new_mean, mean), count);
    store_some(v + i, select_(alive, new_square, square), count);
    store_some(w + i, select_(alive, moved, weight), count);
  }
}

static void adadelta(size_t n, float *w, const float *g, float *squares, float *updates,
                     const uint64_t *mask, float rate, float rho, float epsilon,
                     struct tk_clip clip) {
  for (size_t i = 0; i < n; i += LANES) {
    size_t count = n - i < LANES ? n - i : LANES;
    uint64_t bits = mask ? mask[i / 64] >> (i % 64) : ~0ull;
    if ((bits & ((1ull << LANES) - 1)) == 0) continue;
    vec x = load_some(g + i, count) * clip.scale;
    x = __builtin_elementwise_min(__builtin_elementwise_max(x, splat(-clip.limit)),
                                  splat(clip.limit));
    vec square = load_some(squares + i, count), update = load_some(updates + i, count);
    vec weight = load_some(w + i, count);
    vec new_square = rho * square + (1 - rho) * x * x;
    vec step = __builtin_elementwise_sqrt(update + epsilon) /
               __builtin_elementwise_sqrt(new_square + epsilon) * x;
    vec new_update = rho * update + (1 - rho) * step * step;
    ivec alive = bit_lanes(bits);
    store_some(squares + i, select_(alive, new_square, square), count);
    store_some(updates + i, select_(alive, new_update, update), count);
    store_some(w + i, select_(alive, weight - rate * step, weight), count);
  }
}

static void coast(size_t n, float *w, float *v, float moved, float left) {
  for (size_t i = 0; i < n; i += LANES) {
    vec velocity = load_some(v + i, n - i);
    store_some(w + i, fma_(velocity, splat(-moved), load_some(w + i, n - i)), n - i);
    store_some(v + i, velocity * left, n - i);
  }
}
