#include "sk_mean.h"

#include "sk_quant.h"

void sk_mean(const sk_mean_t *s, const int8_t *in, int8_t *out)
{
    for (int32_t c = 0; c < s->channels; c++) {
        int32_t sum = -s->rows * s->in_zero_point;
        for (int32_t row = 0; row < s->rows; row++) {
            sum += in[row * s->channels + c];
        }
        const int32_t value = sk_requantize(sum, s->multiplier, s->shift);
        out[c] = (int8_t)sk_clamp(sk_wrap_add(value, s->out_zero_point), -128, 127);
    }
}
