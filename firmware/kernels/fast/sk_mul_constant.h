/*
 * An activation times a constant, in the arithmetic of TFLite's MUL (squeeze-excite's hard-sigmoid holds one):
 *     out = saturate(floor((in * slope + offset) / 2^SK_SCALE_SHIFT)),
 * which the compiler proves equal to the reference for all 256 values of `in` (sktools/compiler/fast/scale.py).
 */
#ifndef SK_MUL_CONSTANT_H
#define SK_MUL_CONSTANT_H

#include <stdint.h>

#include "sk_simd.h"

#define SK_SCALE_SHIFT 16

typedef struct {
    uint32_t elements;
    int32_t slope, offset;
} sk_fast_scale_t;

static inline int32_t sk_fast_scaled(const sk_fast_scale_t *shape, int32_t value)
{
    return sk_ssat8((value * shape->slope + shape->offset) >> SK_SCALE_SHIFT);
}

/* `out` may be `in`. */
void sk_fast_scale(const sk_fast_scale_t *shape, const int8_t *in, int8_t *out);

#endif
