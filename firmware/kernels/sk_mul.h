/* Product of two int8 operands over [rows][channels]; a stride of 0 broadcasts. `out` may be `a`. */
#ifndef SK_MUL_H
#define SK_MUL_H

#include <stdint.h>

typedef struct {
    int32_t rows, channels;
    int32_t a_row, a_channel; /* element = a[row * a_row + channel * a_channel] */
    int32_t b_row, b_channel;
    int16_t a_zero_point, b_zero_point, out_zero_point;
    int16_t low, high;
    int32_t multiplier;
    int16_t shift;
} sk_mul_t;

void sk_mul(const sk_mul_t *shape, const int8_t *a, const int8_t *b, int8_t *out);

#endif
