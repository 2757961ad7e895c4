/*
 * Depthwise convolution of five or three taps over [rows][channels] int8, stride 1, as many rows out as in, any dilation, in place.
 *
 * The rows r, r + d, r + 2d, ... of one channel (d: dilation) are an ordinary dense signal y0, y1, ...; it streams
 * through registers as pairs (y0, y1), (y2, y3), ..., each pair of outputs taking one SMLAD per two taps. Writes lag
 * reads, so nothing is copied and no halo is kept.
 */
#ifndef SK_DEPTHWISE_3_5_H
#define SK_DEPTHWISE_3_5_H

#include "sk_streams.h"

/* Rows / dilation at least this, in the causal kernels at least SK_FAST_DW5_CAUSAL_STREAM. */
#define SK_FAST_DW5_STREAM 4
#define SK_FAST_DW5_CAUSAL_STREAM 2

/* Two taps before the output's row and two behind it, fitted requantization (sk_fit.h). `out` may be `in`. */
void sk_fast_dw5(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

/* The same by a shift of each channel, the byte behind w4: any real factor below 128. */
void sk_fast_dw5_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

/*
 * The same for a layer without a ReLU (sk_linear.h). Records: w0 to w3 as bytes, w4 and the shift as bytes, rounding,
 * bias times 2, multiplier.
 */
void sk_fast_dw5_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

/* The same three with four taps before the output's row and none behind it. */
void sk_fast_dw5_causal(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw5_causal_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw5_causal_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

/* The first three with one tap before the output's row and one behind it. Records: w0 to w2 and the shift; the others. */
void sk_fast_dw3(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw3_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw3_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

#endif
