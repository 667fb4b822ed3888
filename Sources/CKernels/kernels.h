// One instruction set's kernels: included once per instruction set with LANES (floats a vector),
// ROWS (rows of a register block) and TABLE (the name of the table) defined.
#if defined(__x86_64__)
#include <immintrin.h>
#endif
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

#include "vectors.h"

#include "gemm.h"

#include "sparse.h"

#include "lstm.h"

#include "elementwise.h"

#include "noise.h"

#include "rows.h"

#include "characters.h"

#include "peak.h"

const struct tk_table TABLE = {
    .panel = PANEL,
    .rows = ROWS,
    .pack = pack,
    .gemm = gemm,
    .gemm_packing = gemm_packing,
    .gemm_columns = gemm_columns,
    .lstm_forward = lstm_forward,
    .lstm_backward = lstm_backward,
    .sparse_units = UNITS,
    .sparse_multiply = sparse_multiply,
    .sparse_gradient = sparse_gradient,
    .transpose = transpose_all,
    .transpose_back = transpose_back,
    .exp = exp_all,
    .tanh = tanh_all,
    .sigmoid = sigmoid_all,
    .log_sum_exp = log_sum_exp,
    .add = add,
    .add_scaled = add_scaled,
    .dot_rows = dot_rows,
    .scale = scale,
    .column_sums = column_sums,
    .dropout = dropout,
    .noise = noise,
    .gather = gather,
    .scatter_add = scatter_add,
    .softmax_loss = softmax_loss,
    .best_labels = best_labels,
    .characters_forward = characters_forward,
    .characters_backward = characters_backward,
    .sum_squares = sum_squares,
    .adam = adam,
    .adadelta = adadelta,
    .sgd = sgd,
    .coast = coast,
    .multiply_add_flop = 2 * LANES * CHAINS,
    .multiply_add = multiply_add,
};
