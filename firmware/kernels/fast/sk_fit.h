/*
 * Requantization in two instructions, for an output clamped to the whole of int8 after a ReLU.
 *
 * The compiler replaces TFLite's (bias, multiplier, shift) of a channel by a fitted (bias, multiplier) with
 *     int8 = saturate(floor((S * accumulator + bias) * multiplier / 2^(32 + SK_FIT_SHIFT))),
 * the weights being stored times S = 256, rounding and zero point inside the bias. Both sides are monotone in the
 * accumulator, so the compiler proves them equal by comparing their 255 steps (sktools/compiler/fast/requantize.py);
 * a channel without such a pair keeps the layer on the general path. A kernel for layers with a factor of 1/16 or more in a
 * channel takes a shift of its own for each.
 */
#ifndef SK_FIT_H
#define SK_FIT_H

#include "sk_simd.h"

#define SK_FIT_SHIFT 11
#define SK_FIT_SCALE 256 /* S */

static inline int32_t sk_fitted(int32_t accumulator, int32_t multiplier)
{
    return sk_ssat8(sk_smmul(accumulator, multiplier) >> SK_FIT_SHIFT);
}

static inline int32_t sk_fitted_by(int32_t accumulator, int32_t multiplier, int32_t shift)
{
    return sk_ssat8(sk_smmul(accumulator, multiplier) >> shift);
}

#endif
