#include "sk_add.h"

#include "sk_quant.h"

static int32_t scaled(int32_t value, const sk_add_t *s, int32_t multiplier, int shift)
{
    return sk_requantize(value * (1 << s->left_shift), multiplier, shift);
}

void sk_add(const sk_add_t *s, const int8_t *a, const int8_t *b, int8_t *out)
{
    for (int32_t row = 0; row < s->rows; row++) {
        for (int32_t c = 0; c < s->channels; c++) {
            const int32_t left = a[row * s->a_row + c * s->a_channel] - s->a_zero_point;
            const int32_t right = b[row * s->b_row + c * s->b_channel] - s->b_zero_point;
            const int32_t sum =
                scaled(left, s, s->a_multiplier, s->a_shift) + scaled(right, s, s->b_multiplier, s->b_shift);
            const int32_t value = sk_requantize(sum, s->out_multiplier, s->out_shift);
            *out++ = (int8_t)sk_clamp(sk_wrap_add(value, s->out_zero_point), s->low, s->high);
        }
    }
}
