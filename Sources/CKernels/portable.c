// The kernels with 128-bit vectors, for any processor.
#define LANES 4
#define ROWS 6
#define TABLE tk_portable
#include "kernels.h"
