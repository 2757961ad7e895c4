/*
 * Pointwise (1x1) convolution, [rows][in_channels] to [rows][out_channels] int8, at most 2 * SK_TILE_PAIRS channels in.
 * `out` may be `in`: two rows at a time are read before they are written, from the last row on where rows grow.
 */
#ifndef SK_CONV_1X1_H
#define SK_CONV_1X1_H

#include <stdint.h>

#include "sk_mul_gate.h"
#include "sk_tiles.h"

typedef struct {
    uint16_t rows, in_channels, out_channels;
    int16_t requantizer;  /* sk_requantizer_t: linear, fitted or mixed */
    const int32_t *tiles; /* (out_channels + 3) / 4 records */
} sk_fast_pw_t;

void sk_fast_pw(const sk_fast_pw_t *shape, const int8_t *in, int8_t *out);

/* The same of in * gates[channel]: squeeze-excite's MUL and the convolution behind it. */
typedef struct {
    sk_fast_pw_t convolution;
    sk_fast_gate_t gate;
} sk_fast_gated_pw_t;

void sk_fast_gated_pw(const sk_fast_gated_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out);

/* Both with records that stand elsewhere, and gates that a constant factor scales first (NULL: none). */
void sk_fast_pw_on(const sk_fast_pw_t *shape, const int32_t *tiles, const int8_t *in, int8_t *out);
void sk_fast_gated_pw_on(const sk_fast_gated_pw_t *shape, const sk_fast_scale_t *scale, const int32_t *tiles,
                         const int8_t *in, const int8_t *gates, int8_t *out);

#endif
