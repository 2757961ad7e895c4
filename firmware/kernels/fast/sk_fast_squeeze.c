#include "sk_fast_squeeze.h"

#include "../sk_quant.h"
#include "sk_fast_mean.h"

void sk_fast_mean(const sk_mean_t *s, const int8_t *in, int8_t *out, void *scratch)
{
    int32_t *sums = scratch;

    sk_fast_sums(in, s->rows, s->channels, sums);
    for (int32_t c = 0; c < s->channels; c++) {
        const int32_t value = sk_requantize(sums[c] - s->rows * s->in_zero_point, s->multiplier, s->shift);
        out[c] = (int8_t)sk_clamp(sk_wrap_add(value, s->out_zero_point), -128, 127);
    }
}
