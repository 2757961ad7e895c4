#include "sk_mul_channels.h"

#include "../sk_quant.h"
#include "sk_linear.h"

/* A row's element times slope. */
static inline int32_t product(const sk_fast_factor_t *s, int32_t value, int32_t slope, int32_t offset)
{
    return sk_linear(value * slope + offset, s->multiplier, s->rounding, s->shift);
}

/* Down one channel, two rows at a time, for a clamp to the whole of int8. */
static void channel_unclamped(const sk_fast_factor_t *shape, const int8_t *in, int32_t slope, int32_t offset, int8_t *out)
{
    const sk_fast_factor_t s = *shape; /* `out` might alias the shape for all that the compiler knows */
    const int32_t step = s.channels;
    int32_t row = s.rows;

    for (; row > 1; row -= 2, in += 2 * step, out += 2 * step) {
        const int32_t first = product(&s, in[0], slope, offset), second = product(&s, in[step], slope, offset);
        out[0] = (int8_t)sk_ssat8(first);
        out[step] = (int8_t)sk_ssat8(second);
    }
    if (row > 0) {
        *out = (int8_t)sk_ssat8(product(&s, *in, slope, offset));
    }
}

static void channel_clamped(const sk_fast_factor_t *shape, const int8_t *in, int32_t slope, int32_t offset, int8_t *out)
{
    const sk_fast_factor_t s = *shape;

    for (int32_t row = s.rows; row > 0; row--, in += s.channels, out += s.channels) {
        *out = (int8_t)sk_clamp(product(&s, *in, slope, offset), s.low, s.high);
    }
}

void sk_fast_factor(const sk_fast_factor_t *shape, const int8_t *in, const int8_t *factors, int8_t *out)
{
    const int unclamped = shape->low == -128 && shape->high == 127;

    for (int32_t channel = 0; channel < shape->channels; channel++) {
        const int32_t slope = 2 * (factors[channel] - shape->factor_zero_point), offset = -shape->zero_point * slope;
        if (unclamped) {
            channel_unclamped(shape, in + channel, slope, offset, out + channel);
        } else {
            channel_clamped(shape, in + channel, slope, offset, out + channel);
        }
    }
}
