/*
 * Each channel through a line of its own: a constant factor or addend a channel (a norm that a converter left beside its
 * convolution), in the arithmetic of TFLite's MUL and ADD:
 *     out = saturate(floor((in * slope + offset) / 2^SK_LINE_SHIFT)),
 * which the compiler proves equal to the reference for all 256 values of `in` (sktools/compiler/fast/line.py).
 */
#ifndef SK_CHANNEL_LINES_H
#define SK_CHANNEL_LINES_H

#include <stdint.h>

#define SK_LINE_SHIFT 16

typedef struct {
    uint16_t rows, channels;
    const int32_t *lines; /* [channels] slope and offset */
} sk_fast_lines_t;

/* `out` may be `in`. */
void sk_fast_lines(const sk_fast_lines_t *shape, const int8_t *in, int8_t *out);

#endif
