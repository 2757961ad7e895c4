/* Sum of two int8 operands over [rows][channels]; a stride of 0 broadcasts. `out` may be `a`. */
#ifndef SK_ADD_H
#define SK_ADD_H

#include <stdint.h>

typedef struct {
    int32_t rows, channels;
    int32_t a_row, a_channel; /* element = a[row * a_row + channel * a_channel] */
    int32_t b_row, b_channel;
    int16_t a_zero_point, b_zero_point, out_zero_point;
    int16_t low, high;
    int16_t left_shift;
    int32_t a_multiplier;
    int16_t a_shift;
    int32_t b_multiplier;
    int16_t b_shift;
    int32_t out_multiplier;
    int16_t out_shift;
} sk_add_t;

void sk_add(const sk_add_t *shape, const int8_t *a, const int8_t *b, int8_t *out);

#endif
