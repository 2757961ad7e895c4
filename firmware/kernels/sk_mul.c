#include "sk_mul.h"

#include "sk_quant.h"

void sk_mul(const sk_mul_t *s, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t row = 0; row < s->rows; row++) {
        for (int32_t c = 0; c < s->channels; c++) {
            const int32_t left = a[row * s->a_row + c * s->a_channel] - s->a_zero_point;
            const int32_t right = b[row * s->b_row + c * s->b_channel] - s->b_zero_point;
            const int32_t value = sk_requantize(left * right, s->multiplier, s->shift);
            *out++ = (int8_t)sk_clamp(sk_wrap_add(value, s->out_zero_point), s->low, s->high);
        }
    }
}
