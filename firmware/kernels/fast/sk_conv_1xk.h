/*
 * Convolution along the rows, [rows][in_channels] to [rows][out_channels] int8, stride 1, as many rows out as in: any
 * number of channels, taps, any dilation and requantization. What the other kernels are too special for.
 *
 * The sums of two rows and a few columns at a time, over the taps, and over the input's channels in parts where they are
 * more than the tile product's row. With one tap `out` may be `in`: two rows are read before they are written, from the
 * last row on where rows grow.
 */
#ifndef SK_CONV_1XK_H
#define SK_CONV_1XK_H

#include <stdint.h>

#include "sk_tiles.h"

typedef struct {
    uint16_t rows, in_channels, out_channels;
    uint16_t taps, dilation;
    uint16_t padding;   /* rows before the first */
    int16_t zero_point; /* the input's: what stands in padding rows */
    int16_t low, high;
    /*
     * By tap, and by part of the input's channels (sk_tile_parts), (out_channels + 3) / 4 records of weights alone: twice
     * the layer's where sk_linear.h holds.
     */
    const int32_t *tiles;
    const int32_t *bias;       /* [out_channels], the input's zero point folded in; twice likewise */
    const int32_t *multiplier; /* [out_channels] */
    const int32_t *shift;      /* [out_channels]: to the right of sk_linear.h, else TFLite's */
    const int32_t *rounding;   /* [out_channels] of sk_linear.h, the zero point in it; NULL: it does not hold */
    int16_t out_zero_point;    /* where it does not */
} sk_fast_any_t;

/* scratch: 2 * out_channels bytes. */
void sk_fast_any(const sk_fast_any_t *shape, const int8_t *in, int8_t *out, void *scratch);

#endif
