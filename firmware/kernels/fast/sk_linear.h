/*
 * TFLite's requantization in five instructions, for layers without a ReLU (whose negative results are wanted, so that
 * sk_fit.h does not apply): right shifts of 1 to SK_LINEAR_SHIFT, accumulators below 2^30, given doubled.
 */
#ifndef SK_LINEAR_H
#define SK_LINEAR_H

#include "sk_simd.h"

#define SK_LINEAR_SHIFT 20

/* rounding = 2^(shift - 1) + (zero point << shift). Not clamped. Halves of negative numbers go down: the ASR #31. */
static inline int32_t sk_linear(int32_t twice, int32_t multiplier, int32_t rounding, int32_t shift)
{
    const int32_t x = sk_smmulr(twice, multiplier);
    return (x + (x >> 31) + rounding) >> shift;
}

#endif
