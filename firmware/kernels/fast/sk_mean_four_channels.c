#include "sk_mean_four_channels.h"

#include "../sk_quant.h"
#include "sk_row_sums.h"

void sk_fast_mean(const sk_mean_t *s, const int8_t *in, int8_t *out, void *scratch)
{
    /* Copies, since `out` might alias the shape for all that the compiler knows. */
    const int32_t channels = s->channels, offset = s->rows * s->in_zero_point, zero_point = s->out_zero_point;
    const int32_t multiplier = s->multiplier, shift = s->shift;
    int32_t *sums = scratch;

    sk_fast_sums(in, s->rows, channels, sums);
    for (int32_t c = 0; c < channels; c++) {
        const int32_t value = sk_requantize(sums[c] - offset, multiplier, shift);
        out[c] = (int8_t)sk_clamp(sk_wrap_add(value, zero_point), -128, 127);
    }
}
