// The LSTM cell, forward and backward (Hochreiter and Schmidhuber; gates i, f, g, o as PyTorch).

static void lstm_forward(size_t batch, size_t hidden, float *z, const float *c_prev,
                         size_t prev_rows, float *c, float *tanh_c, float *h, size_t ldh) {
  for (size_t row = 0; row < batch; row++) {
    float *gates = z + row * 4 * hidden;
    for (size_t j = 0; j < hidden; j += LANES) {
      size_t n = hidden - j < LANES ? hidden - j : LANES;
      vec i = sigmoid_(load_some(gates + j, n));
      vec f = sigmoid_(load_some(gates + hidden + j, n));
      vec g = tanh_(load_some(gates + 2 * hidden + j, n));
      vec o = sigmoid_(load_some(gates + 3 * hidden + j, n));
      vec cell = i * g;
      if (row < prev_rows) cell = fma_(f, load_some(c_prev + row * hidden + j, n), cell);
      vec squashed = tanh_(cell);
      store_some(gates + j, i, n);
      store_some(gates + hidden + j, f, n);
      store_some(gates + 2 * hidden + j, g, n);
      store_some(gates + 3 * hidden + j, o, n);
      store_some(c + row * hidden + j, cell, n);
      store_some(tanh_c + row * hidden + j, squashed, n);
      store_some(h + row * ldh + j, o * squashed, n);
    }
  }
}

static void lstm_backward(size_t batch, size_t hidden, float *z, const float *c_prev,
                          size_t prev_rows, const float *tanh_c, const float *dh, size_t ldh,
                          const float *dh_next, size_t next_rows, float *dc) {
  for (size_t row = 0; row < batch; row++) {
    float *gates = z + row * 4 * hidden;
    for (size_t j = 0; j < hidden; j += LANES) {
      size_t n = hidden - j < LANES ? hidden - j : LANES;
      vec i = load_some(gates + j, n), f = load_some(gates + hidden + j, n);
      vec g = load_some(gates + 2 * hidden + j, n), o = load_some(gates + 3 * hidden + j, n);
      vec squashed = load_some(tanh_c + row * hidden + j, n);
      vec d = load_some(dh + row * ldh + j, n);
      vec dcell = {};
      if (row < next_rows) {
        d += load_some(dh_next + row * hidden + j, n);
        dcell = load_some(dc + row * hidden + j, n);
      }
      dcell += d * o * (1 - squashed * squashed);
      vec previous = {};
      if (row < prev_rows) previous = load_some(c_prev + row * hidden + j, n);
      store_some(gates + j, dcell * g * i * (1 - i), n);
      store_some(gates + hidden + j, dcell * previous * f * (1 - f), n);
      store_some(gates + 2 * hidden + j, dcell * i * (1 - g * g), n);
      store_some(gates + 3 * hidden + j, d * squashed * o * (1 - o), n);
      store_some(dc + row * hidden + j, dcell * f, n);
    }
  }
}

// The same cells for feature-major activations: lanes are sentences.

static void lstm_forward_lanes(size_t hidden, size_t n, float *z, size_t ldz, size_t units,
                               struct tk_lanes at, float *h_out) {
  size_t wide = units * TK_UNIT;
  for (size_t j = 0; j < hidden; j++)
    for (size_t lane = 0; lane < wide; lane += LANES) {
      float *h_now = at.h + j * wide + lane, *c_now = at.c + j * wide + lane;
      if (lane >= n) {
        store(h_now, (vec){});
        store(c_now, (vec){});
        continue;
      }
      size_t left = n - lane, offset = j * ldz + lane, gate = hidden * ldz;
      vec i = sigmoid_(load_some(z + offset, left));
      vec f = sigmoid_(load_some(z + offset + gate, left));
      vec g = tanh_(load_some(z + offset + 2 * gate, left));
      vec o = sigmoid_(load_some(z + offset + 3 * gate, left));
      vec c_prev = load(c_now);
      vec cell = fma_(f, c_prev, i * g);
      vec squashed = tanh_(cell);
      vec h = o * squashed;
      if (at.h_prev) {
        store_some(z + offset, i, left);
        store_some(z + offset + gate, f, left);
        store_some(z + offset + 2 * gate, g, left);
        store_some(z + offset + 3 * gate, o, left);
        store_some(at.h_prev + offset, load(h_now), left);
        store_some(at.c_prev + offset, c_prev, left);
        store_some(at.tanh_c + offset, squashed, left);
      }
      store_some(h_out + offset, h, left);
      ivec kept = first_lanes(left);
      store(h_now, left < LANES ? select_(kept, h, (vec){}) : h);
      store(c_now, left < LANES ? select_(kept, cell, (vec){}) : cell);
    }
}

static void lstm_backward_lanes(size_t hidden, size_t n, float *z, size_t ldz, size_t units,
                                struct tk_lanes at, const float *dh, float *dz) {
  size_t wide = units * TK_UNIT;
  for (size_t j = 0; j < hidden; j++)
    for (size_t lane = 0; lane < wide; lane += LANES) {
      float *dc_now = at.c + j * wide + lane, *dz_now = dz + j * wide + lane;
      size_t step = hidden * wide;
      if (lane >= n) {
        for (int k = 0; k < 4; k++) store(dz_now + k * step, (vec){});
        store(dc_now, (vec){});
        continue;
      }
      size_t left = n - lane, offset = j * ldz + lane, gate = hidden * ldz;
      vec i = load_some(z + offset, left), f = load_some(z + offset + gate, left);
      vec g = load_some(z + offset + 2 * gate, left), o = load_some(z + offset + 3 * gate, left);
      vec squashed = load_some(at.tanh_c + offset, left);
      vec d = load_some(dh + offset, left) + load(at.h + j * wide + lane);
      vec dcell = load(dc_now) + d * o * (1 - squashed * squashed);
      vec previous = load_some(at.c_prev + offset, left);
      vec all[4] = {dcell * g * i * (1 - i), dcell * previous * f * (1 - f),
                    dcell * i * (1 - g * g), d * squashed * o * (1 - o)};
      vec dc = dcell * f;
      ivec kept = first_lanes(left);
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; k++) {
        store_some(z + offset + k * gate, all[k], left);
        store(dz_now + k * step, left < LANES ? select_(kept, all[k], (vec){}) : all[k]);
      }
      store(dc_now, left < LANES ? select_(kept, dc, (vec){}) : dc);
    }
}
