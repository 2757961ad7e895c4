/*
 * Skip connection: the sum of two int8 activations of one shape, in the arithmetic of TFLite's ADD.
 *
 *     out = saturate(floor((a * a_slope + b * b_slope + offset) / 2^SK_ADD_SHIFT))
 *
 * The compiler picks the constants so that this equals the reference for each of the 65536 pairs of a and b, and proves it
 * by trying them all (sktools/compiler/fast/add.py).
 */
#ifndef SK_ADD_ELEMENTWISE_H
#define SK_ADD_ELEMENTWISE_H

#include <stdint.h>

#define SK_ADD_SHIFT 20

typedef struct {
    uint32_t elements;
    int32_t a_slope, b_slope, offset;
} sk_fast_add_t;

/* `out` may be `a` or `b`. */
void sk_fast_add(const sk_fast_add_t *shape, const int8_t *a, const int8_t *b, int8_t *out);

#endif
