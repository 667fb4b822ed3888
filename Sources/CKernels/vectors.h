// Vectors of LANES floats and the functions of them that the kernels share.

typedef float vec __attribute__((vector_size(LANES * 4)));
typedef int32_t ivec __attribute__((vector_size(LANES * 4)));
typedef uint32_t uvec __attribute__((vector_size(LANES * 4)));
typedef float vec_unaligned __attribute__((vector_size(LANES * 4), aligned(4)));

#define INLINE static inline __attribute__((always_inline))

INLINE vec load(const float *p) { return *(const vec_unaligned *)p; }
INLINE void store(float *p, vec x) { *(vec_unaligned *)p = x; }
INLINE vec splat(float x) { return x - (vec){}; }
INLINE vec fma_(vec a, vec b, vec c) {
#if LANES == 4
  return a * b + c;  // without the instruction, the exact fma is a slow library call
#else
  return __builtin_elementwise_fma(a, b, c);
#endif
}
INLINE vec select_(ivec condition, vec yes, vec no) {
  return (vec)((condition & (ivec)yes) | (~condition & (ivec)no));
}

INLINE ivec lanes(void) {
  ivec x;
  for (int i = 0; i < LANES; i++) x[i] = i;
  return x;
}
// All ones in the lanes below n.
INLINE ivec first_lanes(size_t n) { return lanes() < (int32_t)n; }
// All ones in the lanes whose bit is set; bit 0 is lane 0.
INLINE ivec bit_lanes(uint64_t bits) {
  return (((int32_t)(uint32_t)bits - (ivec){}) & ((ivec){} + 1) << lanes()) != 0;
}

#if LANES == 16
INLINE __mmask16 some(size_t n) { return (__mmask16)((1u << n) - 1); }
INLINE vec load_some(const float *p, size_t n) {
  return n >= LANES ? load(p) : (vec)_mm512_maskz_loadu_ps(some(n), p);
}
INLINE void store_some(float *p, vec x, size_t n) {
  if (n >= LANES) store(p, x);
  else _mm512_mask_storeu_ps(p, some(n), (__m512)x);
}
#elif LANES == 8
INLINE vec load_some(const float *p, size_t n) {
  return n >= LANES ? load(p) : (vec)_mm256_maskload_ps(p, (__m256i)first_lanes(n));
}
INLINE void store_some(float *p, vec x, size_t n) {
  if (n >= LANES) store(p, x);
  else _mm256_maskstore_ps(p, (__m256i)first_lanes(n), (__m256)x);
}
#else
INLINE vec load_some(const float *p, size_t n) {
  if (n >= LANES) return load(p);
  vec x = {};
  memcpy(&x, p, n * sizeof(float));
  return x;
}
INLINE void store_some(float *p, vec x, size_t n) {
  if (n >= LANES) store(p, x);
  else memcpy(p, &x, n * sizeof(float));
}
#endif

INLINE float sum_lanes(vec x) {
  float sum = 0;
  for (int i = 0; i < LANES; i++) sum += x[i];
  return sum;
}

// exp by 2^n · e^r with |r| ≤ ln 2 / 2, a degree-6 polynomial for e^r; about 1 ulp.
// The argument is clamped to where the result is a normal number.
INLINE vec exp_(vec x) {
  x = __builtin_elementwise_min(__builtin_elementwise_max(x, splat(-87.3f)), splat(88.3f));
  vec n = (x * 1.44269504f + 12582912.f) - 12582912.f;  // rounds to the nearest integer
  vec r = fma_(n, splat(-0.693359375f), x);
  r = fma_(n, splat(2.12194440e-4f), r);
  vec p = splat(1.f / 720);
  p = fma_(p, r, splat(1.f / 120));
  p = fma_(p, r, splat(1.f / 24));
  p = fma_(p, r, splat(1.f / 6));
  p = fma_(p, r, splat(.5f));
  p = fma_(p, r, splat(1));
  p = fma_(p, r, splat(1));
  ivec exponent = __builtin_convertvector(n, ivec) << 23;
  return (vec)((ivec)p + exponent);
}

// 1 / x for x ≥ 1; about 1 ulp. Division of wide vectors takes as long as twelve multiplications.
INLINE vec reciprocal_(vec x) {
#if LANES == 16
  vec y = (vec)_mm512_rcp14_ps((__m512)x);
  vec error = fma_(-x, y, splat(1));
  return fma_(error, y, y);
#else
  return 1 / x;
#endif
}

INLINE vec sigmoid_(vec x) { return reciprocal_(1 + exp_(-x)); }

// tanh: the odd Taylor polynomial of degree 11 near 0, where 1 - 2 / (e^2x + 1) loses digits.
INLINE vec tanh_(vec x) {
  vec square = x * x;
  vec p = splat(-1382.f / 155925);
  p = fma_(p, square, splat(62.f / 2835));
  p = fma_(p, square, splat(-17.f / 315));
  p = fma_(p, square, splat(2.f / 15));
  p = fma_(p, square, splat(-1.f / 3));
  vec small = fma_(p * square, x, x);
  ivec sign = (ivec)x & INT32_MIN;
  vec magnitude = (vec)((ivec)x & INT32_MAX);
  vec large = 1 - 2 * reciprocal_(exp_(2 * magnitude) + 1);
  large = (vec)((ivec)large | sign);
  return select_(magnitude < .4f, small, large);
}
