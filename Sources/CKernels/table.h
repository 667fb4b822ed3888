// The functions each instruction set provides; dispatch.c picks a table.
#pragma once

#include "include/CKernels.h"

struct tk_table {
  size_t panel, rows;
  void (*pack)(float *, const float *, size_t, size_t, size_t, size_t, size_t, const uint64_t *);
  void (*gemm_packing)(size_t, size_t, size_t, const float *, size_t, const float *, size_t, size_t,
                       const uint64_t *, float *, size_t, int, float *);
  void (*gemm)(size_t, size_t, size_t, const float *, size_t, const float *, float *, size_t, int);
  void (*gemm_columns)(size_t, size_t, size_t, const float *, size_t, const float *, float *, size_t,
                       int, float *);
  void (*lstm_forward)(size_t, size_t, float *, const float *, size_t, const float *, float *, float *,
                       float *, size_t);
  void (*lstm_backward)(size_t, size_t, float *, const float *, size_t, const float *,
                        const float *, size_t, const float *, size_t, float *);
  size_t sparse_units;
  void (*sparse_multiply)(const struct tk_sparse *, size_t, const float *, float *);
  void (*sparse_gradient)(const struct tk_sparse *, struct tk_entry *, size_t, const float *,
                          const float *, int);
  void (*transpose)(size_t, size_t, const float *, size_t, float *, size_t);
  void (*transpose_back)(size_t, size_t, const float *, size_t, float *, size_t, int);
  void (*exp)(size_t, const float *, float *);
  void (*tanh)(size_t, const float *, float *);
  void (*sigmoid)(size_t, const float *, float *);
  float (*log_sum_exp)(size_t, const float *, const float *);
  void (*add)(size_t, const float *, float *);
  void (*add_scaled)(size_t, size_t, float, const float *, size_t, float *, size_t);
  double (*dot_rows)(size_t, size_t, const float *, size_t, const float *, size_t);
  void (*scale)(size_t, float, float *);
  void (*column_sums)(size_t, size_t, const float *, float *);
  void (*dropout)(size_t, const float *, float *, size_t, uint64_t, float);
  void (*noise)(size_t, const float *, float *, size_t, uint64_t, float);
  void (*gather)(size_t, const int32_t *, size_t, const float *, const uint64_t *, float *, size_t,
                 size_t, uint64_t, float);
  void (*scatter_add)(size_t, const int32_t *, size_t, const float *, size_t, size_t, uint64_t,
                      float, float *);
  double (*softmax_loss)(size_t, size_t, const float *, const int32_t *, float *);
  void (*best_labels)(size_t, size_t, const float *, int32_t *);
  void (*characters_forward)(size_t, const int32_t *, const int32_t *, size_t, size_t,
                             const float *, const float *, float *, int32_t *);
  void (*characters_backward)(size_t, const int32_t *, const int32_t *, size_t, size_t,
                              const float *, const int32_t *, float *);
  double (*sum_squares)(size_t, const float *, const uint64_t *);
  void (*adam)(size_t, float *, const float *, float *, float *, const uint64_t *, uint32_t *,
               uint32_t, const float *, float, float, float, float, struct tk_clip);
  void (*adadelta)(size_t, float *, const float *, float *, float *, const uint64_t *, float, float,
                   float, struct tk_clip);
  void (*sgd)(size_t, float *, const float *, float *, const uint64_t *, float, float,
              struct tk_clip);
  void (*coast)(size_t, float *, float *, float, float);
  size_t multiply_add_flop;
  float (*multiply_add)(size_t);
};

extern const struct tk_table tk_portable, tk_avx2, tk_avx512;
