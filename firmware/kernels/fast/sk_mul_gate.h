/*
 * Squeeze-excite's broadcast MUL, [rows][channels] times one int8 a channel, in the arithmetic of TFLite's MUL: as a pass
 * in place, or on the way into a pointwise convolution (sk_conv_1x1.h), where its result is never stored.
 *
 * For zero points of -128 on both inputs a channel is a straight line of x' = x + 128, whose slope is the gate's:
 *     out = saturate(floor((x' * 2^7 * slope(gate) / 2^16 + rounding) / 2^16)).
 * The compiler picks slope and rounding so that this equals the reference for each of the 65536 pairs of x and gate,
 * and proves it by trying them all (sktools/compiler/fast/gate.py).
 */
#ifndef SK_MUL_GATE_H
#define SK_MUL_GATE_H

#include <stdint.h>

#include "sk_mul_constant.h"
#include "sk_tiles.h"

typedef struct {
    int32_t slope;    /* of one step of the gate: real factor * 2^33 */
    int32_t rounding; /* about 2^15, and the output's zero point * 2^16 */
} sk_fast_gate_t;

/*
 * Makes the rows of a tile product rows of in * gates, the gates times a constant factor first unless scale is NULL.
 * slopes: [(channels + 3) / 4 * 4] for as long as the run lasts, in the order of the halves of sk_tile_expand's pairs.
 */
void sk_fast_gate_start(sk_tile_run_t *run, const sk_fast_gate_t *gate, const sk_fast_scale_t *scale, const int8_t *gates,
                        int32_t *slopes, int32_t channels);

typedef struct {
    uint16_t rows, channels;
    sk_fast_gate_t gate;
} sk_fast_mul_t;

/* out = in * gates[channel]; `out` may be `in`. */
void sk_fast_mul(const sk_fast_mul_t *shape, const int8_t *in, const int8_t *gates, int8_t *out);

#endif
