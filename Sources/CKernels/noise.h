// Normal numbers from the hash behind dropout.

// The natural logarithm of normal numbers above 0: exponent and mantissa m in [√½, √2), then the
// odd series of log m in (m - 1) / (m + 1), whose next term is below 1e-9; about 1 ulp.
INLINE vec log_(vec x) {
  ivec exponent = ((ivec)x - 0x3f3504f3) >> 23;
  vec m = (vec)((ivec)x - (exponent << 23));
  vec s = (m - 1) / (m + 1);
  vec square = s * s;
  vec p = splat(2.f / 9);
  p = fma_(p, square, splat(2.f / 7));
  p = fma_(p, square, splat(2.f / 5));
  p = fma_(p, square, splat(2.f / 3));
  p = fma_(p, square, splat(2));
  return fma_(__builtin_convertvector(exponent, vec), splat(0.693147181f), s * p);
}

// sin(π/2 · x) for |x| ≤ 1, the odd Taylor polynomial of degree 11.
INLINE vec sin_quarters(vec x) {
  vec y = x * 1.57079633f;
  vec square = y * y;
  vec p = splat(-1.f / 39916800);
  p = fma_(p, square, splat(1.f / 362880));
  p = fma_(p, square, splat(-1.f / 5040));
  p = fma_(p, square, splat(1.f / 120));
  p = fma_(p, square, splat(-1.f / 6));
  return fma_(p * square, y, y);
}

// Box and Muller: √(-2 ln u) · sin(π/2 · v) is normal for u uniform in (0, 1], v in [-1, 1). The
// sine of half a circle is distributed as that of a whole one, and needs one polynomial.
static void noise(size_t n, const float *x, float *y, size_t first, uint64_t key,
                  float deviation) {
  uint64_t other = (key ^ key >> 32) * 0x9e3779b97f4a7c15u + 0xd1b54a32d192ed03u;
  for (size_t i = 0; i < n; i += LANES) {
    uvec place = (uvec)lanes() + (uint32_t)(first + i);
    ivec a = (ivec)(hash(place, (uint32_t)key, (uint32_t)(key >> 32)) >> 8);
    ivec b = (ivec)(hash(place, (uint32_t)other, (uint32_t)(other >> 32)) >> 8);
    vec u = __builtin_convertvector(a + 1, vec) * 0x1p-24f;
    vec v = fma_(__builtin_convertvector(b, vec), splat(0x1p-23f), splat(-1));
    vec radius = __builtin_elementwise_sqrt(-2 * log_(u));
    vec sum = load_some(x + i, n - i) + deviation * radius * sin_quarters(v);
    store_some(y + i, sum, n - i);
  }
}
