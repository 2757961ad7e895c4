/*
 * Requantization exactly as the TensorFlow Lite reference kernels do it (MultiplyByQuantizedMultiplier with double
 * rounding): real factor = multiplier * 2^(shift - 31), multiplier in [2^30, 2^31) or 0.
 */
#ifndef SK_QUANT_H
#define SK_QUANT_H

#include <stdint.h>

static inline int32_t sk_clamp(int32_t value, int32_t low, int32_t high)
{
    return value < low ? low : value > high ? high : value;
}

/* floor(2 * a * b / 2^32 + 1/2): SaturatingRoundingDoublingHighMul for a multiplier that is never negative. */
static inline int32_t sk_high_mul(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + ((int64_t)1 << 30)) >> 31);
}

/* value / 2^exponent, halves away from zero; exponent 0..31. */
static inline int32_t sk_divide_by_pot(int32_t value, int exponent)
{
    const int32_t mask = (int32_t)(((int64_t)1 << exponent) - 1);
    const int32_t threshold = (mask >> 1) + (value < 0 ? 1 : 0);
    return (value >> exponent) + ((value & mask) > threshold ? 1 : 0);
}

static inline int32_t sk_requantize(int32_t value, int32_t multiplier, int shift)
{
    const int left = shift > 0 ? shift : 0;
    const int right = shift > 0 ? 0 : -shift;
    return sk_divide_by_pot(sk_high_mul((int32_t)((uint32_t)value << left), multiplier), right);
}

/* a + b * c in 32 bits, wrapping as the reference's int32 accumulator does. */
static inline int32_t sk_mac(int32_t a, int32_t b, int32_t c)
{
    return (int32_t)((uint32_t)a + (uint32_t)(b * c));
}

/* a + b in 32 bits, wrapping. */
static inline int32_t sk_wrap_add(int32_t a, int32_t b)
{
    return (int32_t)((uint32_t)a + (uint32_t)b);
}

#endif
