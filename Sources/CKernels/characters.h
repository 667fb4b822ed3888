// The character CNN: a width-3 convolution over the characters of words, maximum over positions.
//
// table holds, for every character and offset 0, 1, 2, what the character adds to the filters at
// the position behind it, at its own and at the one before it: entry (c, o) at (c · 3 + o) ·
// stride, stride a multiple of LANES.

static void characters_forward(size_t words, const int32_t *starts, const int32_t *characters,
                               size_t filters, size_t stride, const float *table,
                               const float *bias, float *output, int32_t *best) {
  for (size_t word = 0; word < words; word++) {
    int32_t start = starts[word], end = starts[word + 1];
    for (size_t j = 0; j < filters; j += LANES) {
      vec base = load_some(bias + j, filters - j), top = splat(-INFINITY);
      // A position inside the word even if nothing compares greater, as after divergence.
      ivec place = (ivec){} + start;
      for (int32_t p = start; p < end; p++) {
        vec x = base;
        if (p > start) x += load(table + (size_t)characters[p - 1] * 3 * stride + j);
        x += load(table + ((size_t)characters[p] * 3 + 1) * stride + j);
        if (p + 1 < end) x += load(table + ((size_t)characters[p + 1] * 3 + 2) * stride + j);
        ivec better = x > top;
        top = select_(better, x, top);
        place = (better & ((ivec){} + p)) | (~better & place);
      }
      store_some(output + word * filters + j, top, filters - j);
      store((float *)(best + word * stride + j), (vec)place);
    }
  }
}

INLINE void add_to(float *p, vec x) { store(p, load(p) + x); }

static void characters_backward(size_t words, const int32_t *starts, const int32_t *characters,
                                size_t filters, size_t stride, const float *gradient,
                                const int32_t *best, float *table) {
  for (size_t word = 0; word < words; word++) {
    int32_t start = starts[word], end = starts[word + 1];
    for (size_t j = 0; j < filters; j += LANES) {
      vec slope = load_some(gradient + word * filters + j, filters - j);
      ivec place = (ivec)load((const float *)(best + word * stride + j));
      for (int32_t p = start; p < end; p++) {
        vec x = select_(place == p, slope, (vec){});
        if (p > start) add_to(table + (size_t)characters[p - 1] * 3 * stride + j, x);
        add_to(table + ((size_t)characters[p] * 3 + 1) * stride + j, x);
        if (p + 1 < end) add_to(table + ((size_t)characters[p + 1] * 3 + 2) * stride + j, x);
      }
    }
  }
}
