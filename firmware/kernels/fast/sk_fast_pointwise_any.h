/*
 * Pointwise (1x1) convolution of any width and requantization, [rows][in_channels] to [rows][out_channels] int8: sums of
 * a few columns at a time, over the input's channels in parts where they are more than the tile product's row.
 * `out` may be `in`: two rows are read before they are written, from the last row on where rows grow.
 */
#ifndef SK_FAST_POINTWISE_ANY_H
#define SK_FAST_POINTWISE_ANY_H

#include <stdint.h>

#include "sk_fast_tile.h"

typedef struct {
    uint16_t rows, in_channels, out_channels;
    int16_t low, high;
    /*
     * By part of the input's channels (pointwise.py: parts_of), the last one filled up with 0, (out_channels + 3) / 4 records of weights
     * alone: twice the layer's where sk_linear.h holds.
     */
    const int32_t *tiles;
    const int32_t *bias;       /* [out_channels], the input's zero point folded in; twice likewise */
    const int32_t *multiplier; /* [out_channels] */
    const int32_t *shift;      /* [out_channels]: to the right of sk_linear.h, else TFLite's */
    const int32_t *rounding;   /* [out_channels] of sk_linear.h, the zero point in it; NULL: it does not hold */
    int16_t zero_point;        /* the output's where it does not */
} sk_fast_pw_any_t;

/* scratch: 2 * out_channels bytes. */
void sk_fast_pw_any(const sk_fast_pw_any_t *shape, const int8_t *in, int8_t *out, void *scratch);

#endif
