/*
 * Depthwise 1xk convolution over [rows][channels] int8, stride 1, as many rows out as in, any k up to SK_FAST_DW_TAPS, any
 * dilation and padding, any requantization. Most windows stay in registers: sk_depthwise_3_5.h, sk_depthwise_7_9.h.
 *
 * The rows r, r + d, r + 2d, ... of one channel (d: dilation) are an ordinary dense signal. It is read as pairs into a
 * short window, from which four outputs at a time share the loads of weights and rows.
 */
#ifndef SK_DEPTHWISE_WINDOW_H
#define SK_DEPTHWISE_WINDOW_H

#include <stdint.h>

#include "sk_requantizer.h"

#define SK_FAST_DW_TAPS 9

typedef struct {
    uint16_t rows, channels, dilation;
    uint16_t padding; /* rows before the first */
    uint8_t taps;
    int8_t requantizer; /* sk_requantizer_t but SUMS; TFLITE: clamped to low and high */
    int16_t pad, low, high; /* pad: the input's zero point */
    /*
     * Per channel: bias; multiplier; rounding, or for TFLITE the zero point; shift; then taps / 2 + 1 times a pair of weights for
     * even rows, (w0,w1) (w2,w3)..., and one for odd rows, (0,w0) (w1,w2)...
     */
    const int32_t *records;
} sk_fast_dw_t;

/* `out` may be `in` where the padding is a multiple of the dilation, else they are disjoint. */
void sk_fast_dw(const sk_fast_dw_t *shape, const int8_t *in, int8_t *out);

#endif
