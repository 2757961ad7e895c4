/*
 * Squeeze-excite's broadcast MUL, [rows][channels] times one int8 a channel, in the arithmetic of TFLite's MUL: as a pass
 * in place, or on the way into a pointwise convolution (sk_fast_pointwise.h), where its result is never stored.
 *
 * For zero points of -128 on both inputs the product x' * g' (x' = x + 128, g' = g + 128) is never negative, so both
 * roundings of the reference are one floor:
 *     out = saturate(floor((x' * 2^7 * g' * 2^up * multiplier / 2^32 + rounding) / 2^16)), up = 10 + TFLite's shift,
 * with the output's zero point in `rounding`. See sktools/compiler/fast/gate.py.
 */
#ifndef SK_FAST_GATE_H
#define SK_FAST_GATE_H

#include <stdint.h>

#include "sk_simd.h"

typedef struct {
    int32_t multiplier;
    int32_t rounding; /* 2^(15 + shift) + 2^15 + zero point * 2^16 */
    int32_t up;
} sk_fast_gate_t;

/* [channels] gates to pairs of g' * 2^up in the order of sk_tile_expand. */
void sk_fast_gate_pairs(const sk_fast_gate_t *gate, const int8_t *gates, uint32_t *pairs, int32_t channels);

/* Bytes 0 and 2, or 1 and 3 (odd), of a word of x, plus 128, times 2^7. */
static inline uint32_t sk_gate_even(uint32_t bytes)
{
    return ((bytes ^ 0x80808080u) << 7) & 0x7F807F80u;
}

static inline uint32_t sk_gate_odd(uint32_t bytes)
{
    return ((bytes ^ 0x80808080u) >> 1) & 0x7F807F80u;
}

/* Two products, requantized: a pair of int8 values as int16. */
static inline uint32_t sk_gate_pair(uint32_t x, uint32_t gates, int32_t multiplier, int32_t rounding)
{
    const int32_t low = sk_smmla(sk_low(x) * sk_low(gates), multiplier, rounding);
    const int32_t high = sk_smmla(sk_high(x) * sk_high(gates), multiplier, rounding);
    return sk_ssat16_8(sk_pair_of_tops((uint32_t)low, (uint32_t)high));
}

typedef struct {
    uint16_t rows, channels;
    sk_fast_gate_t gate;
} sk_fast_mul_t;

/* out = in * gates[channel]; `out` may be `in`. At most 2 * SK_TILE_PAIRS channels. */
void sk_fast_mul(const sk_fast_mul_t *shape, const int8_t *in, const int8_t *gates, int8_t *out);

#endif
