/*
 * 1xk convolution, [rows][in_channels] to [rows][out_channels] int8, stride 1, as many rows out as in, any dilation; for
 * few output channels (a decoder's classes). `out` may be `in` where out_channels <= in_channels.
 *
 * Each input row is multiplied once with the weights of all taps (the tile product of sk_tiles.h, a column for each
 * tap and output channel), and the sums are added to the output rows that they belong to. These wait in a window of
 * int32 sums on the stack, so no expanded row is ever kept. Longer rows than the tile product's are taken in parts.
 */
#ifndef SK_CONV_1XK_FEW_OUTPUTS_H
#define SK_CONV_1XK_FEW_OUTPUTS_H

#include <stdint.h>

/* ((taps - 1) * dilation + 2) * out_channels at most */
#define SK_FAST_CONV_WINDOW 60

typedef struct {
    uint16_t rows, in_channels, out_channels;
    uint16_t taps, dilation;
    uint16_t pad;           /* rows before the first */
    int16_t low, high;      /* activation clamp */
    const int32_t *tiles;   /* weights times 2; columns from the last tap to the first, out_channels each; each tap its own
                               records unless dilation is 1; all of that by part of the row */
    const int32_t *padding; /* [taps * out_channels] a padding row's sums in the same order */
    const int32_t *outputs; /* [out_channels][4]: bias, times 2 and with the input's zero point folded in, and sk_linear's
                               multiplier, rounding and shift */
} sk_fast_conv_t;

void sk_fast_conv(const sk_fast_conv_t *shape, const int8_t *in, int8_t *out);

#endif
