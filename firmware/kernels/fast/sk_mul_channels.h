/*
 * Each channel times one int8, a constant or a gate, in the arithmetic of TFLite's MUL by sk_linear.h: any zero points and
 * clamp, factors below 1/2. What sk_mul_gate.h and sk_channel_lines.h are too special for.
 */
#ifndef SK_MUL_CHANNELS_H
#define SK_MUL_CHANNELS_H

#include <stdint.h>

typedef struct {
    uint16_t rows, channels;
    int16_t zero_point, factor_zero_point;
    int16_t low, high;
    int32_t multiplier, rounding, shift; /* of sk_linear.h, the output's zero point in rounding */
} sk_fast_factor_t;

/* factors: [channels]; `out` may be `in`. */
void sk_fast_factor(const sk_fast_factor_t *shape, const int8_t *in, const int8_t *factors, int8_t *out);

#endif
