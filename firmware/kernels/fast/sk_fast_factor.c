#include "sk_fast_factor.h"

#include "../sk_quant.h"
#include "sk_linear.h"

void sk_fast_factor(const sk_fast_factor_t *shape, const int8_t *in, const int8_t *factors, int8_t *out)
{
    const sk_fast_factor_t s = *shape; /* `out` might alias the shape for all that the compiler knows */

    for (int32_t channel = 0; channel < s.channels; channel++) {
        const int32_t slope = 2 * (factors[channel] - s.factor_zero_point), offset = -s.zero_point * slope;
        const int8_t *from = in + channel;
        int8_t *to = out + channel;
        for (int32_t row = s.rows; row > 0; row--, from += s.channels, to += s.channels) {
            const int32_t value = sk_linear(*from * slope + offset, s.multiplier, s.rounding, s.shift);
            *to = (int8_t)sk_clamp(value, s.low, s.high);
        }
    }
}
