/*
 * Depthwise convolution of five taps over [rows][channels] int8, stride 1, as many rows out as in, any dilation, in place.
 *
 * The rows r, r + d, r + 2d, ... of one channel (d: dilation) are an ordinary dense signal y0, y1, ...; it streams
 * through registers as pairs (y0, y1), (y2, y3), ..., each pair of outputs taking one SMLAD per two taps. Writes lag
 * reads, so nothing is copied and no halo is kept.
 */
#ifndef SK_FAST_DEPTHWISE_H
#define SK_FAST_DEPTHWISE_H

#include <stdint.h>

/* k = 5, two taps to the left, fitted requantization (sk_fit.h); rows / dilation at least SK_FAST_DW5_STREAM. */
#define SK_FAST_DW5_STREAM 4

typedef struct {
    uint16_t rows, channels, dilation;
    int16_t pad;            /* the input's zero point */
    const int32_t *records; /* per channel: bias, multiplier, w0 to w3 as bytes, w4 */
} sk_fast_dw5_t;

/* `out` may be `in`. */
void sk_fast_dw5(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

/*
 * The same for a layer without a ReLU (sk_linear.h). Records: bias times 2, multiplier, w0 to w3 as bytes, w4 and the
 * shift as bytes, rounding.
 */
void sk_fast_dw5_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

#endif
