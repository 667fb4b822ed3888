// The LSTM cell, forward and backward (Hochreiter and Schmidhuber; gates i, f, g, o as PyTorch).

static void lstm_forward(size_t batch, size_t hidden, float *z, const float *c_prev,
                         size_t prev_rows, const float *bias, float *c, float *tanh_c, float *h,
                         size_t ldh) {
  for (size_t row = 0; row < batch; row++) {
    float *gates = z + row * 4 * hidden;
    for (size_t j = 0; j < hidden; j += LANES) {
      size_t n = hidden - j < LANES ? hidden - j : LANES;
      vec x[4];
#pragma clang loop unroll(full)
      for (int k = 0; k < 4; k++)
        x[k] = load_some(gates + k * hidden + j, n) + load_some(bias + k * hidden + j, n);
      vec i = sigmoid_(x[0]), f = sigmoid_(x[1]), g = tanh_(x[2]), o = sigmoid_(x[3]);
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
