// Nothing but fused multiply-adds, in registers: what the processor can do at best.

enum { CHAINS = 12 };  // more than latency times units, few enough for 16 registers

// `rounds` steps of every chain; the sum keeps the compiler from leaving them out.
static float multiply_add(size_t rounds) {
  vec x[CHAINS], factor = splat(.5f), summand = splat(.25f);
  for (int i = 0; i < CHAINS; i++) x[i] = splat((float)i);
  for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
    for (int i = 0; i < CHAINS; i++) x[i] = fma_(x[i], factor, summand);
  }
  vec sum = {};
  for (int i = 0; i < CHAINS; i++) sum += x[i];
  return sum_lanes(sum);
}
