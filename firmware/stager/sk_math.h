/* Elementary functions in single precision, without the C library's libm, which not every firmware links. */
#ifndef SK_MATH_H
#define SK_MATH_H

#include <stdint.h>
#include <string.h>

/* For what runs seldom in what runs per sample: else each sample pays for its registers. */
#ifdef __GNUC__
#define SK_NOINLINE __attribute__((noinline))
#else
#define SK_NOINLINE
#endif

static inline uint32_t sk_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float sk_from_bits(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

/* By its bits, so that a build with -ffast-math, which takes every value for finite, answers the same. */
static inline int sk_is_finite(float value)
{
    return (sk_bits(value) & 0x7F800000u) != 0x7F800000u;
}

/* Square root of a value that is not negative; relative error below 1e-6. */
static inline float sk_sqrt(float value)
{
    if (value < 1e-30f) {
        return 0.0f;
    }
    float root = sk_from_bits((sk_bits(value) >> 1) + 0x1FBB4000u);
    for (int i = 0; i < 3; i++) {
        root = 0.5f * (root + value / root);
    }
    return root;
}

/* Natural logarithm of a positive value; error below 2e-6 for values from 1e-6 to 1e6. */
static inline float sk_log(float value)
{
    uint32_t bits = sk_bits(value);
    int32_t exponent = (int32_t)(bits >> 23) - 127;
    float mantissa = sk_from_bits((bits & 0x007FFFFFu) | 0x3F800000u); /* 1 to 2 */
    if (mantissa > 1.41421356f) {
        mantissa *= 0.5f;
        exponent++;
    }
    float ratio = (mantissa - 1.0f) / (mantissa + 1.0f); /* log m = 2 artanh(ratio), |ratio| < 0.172 */
    float square = ratio * ratio;
    float series = 2.0f * ratio * (1.0f + square * (1.0f / 3 + square * (1.0f / 5 + square * (1.0f / 7 + square / 9))));
    return (float)exponent * 0.69314718f + series;
}

/* e to the power of a value from -80 to 80, relative error below 4e-6; 0 below, e^80 above. */
static inline float sk_exp(float value)
{
    if (value < -80.0f) {
        return 0.0f;
    }
    float steps = (value > 80.0f ? 80.0f : value) * 1.44269504f;
    int32_t whole = (int32_t)(steps < 0.0f ? steps - 0.5f : steps + 0.5f);
    float rest = (steps - (float)whole) * 0.69314718f; /* |rest| < 0.347 */
    float series = 1.0f + rest * (1.0f + rest * (1.0f / 2 + rest * (1.0f / 6 + rest * (1.0f / 24 + rest * (1.0f / 120
                   + rest / 720)))));
    return series * sk_from_bits((uint32_t)(whole + 127) << 23);
}

#endif
