#include "sk_channel_lines.h"

#include "sk_simd.h"

static inline int32_t on_line(int32_t value, int32_t slope, int32_t offset)
{
    return sk_ssat8((value * slope + offset) >> SK_LINE_SHIFT);
}

/* Down one channel at a time, four rows at once, so that its line stays in registers. */
void sk_fast_lines(const sk_fast_lines_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t step = shape->channels;

    for (int32_t channel = 0; channel < step; channel++) {
        const int32_t slope = shape->lines[2 * channel], offset = shape->lines[2 * channel + 1];
        const int8_t *from = in + channel;
        int8_t *to = out + channel;
        int32_t row = shape->rows;
        for (; row > 3; row -= 4, from += 4 * step, to += 4 * step) {
            const int32_t a = from[0], b = from[step], c = from[2 * step], d = from[3 * step];
            to[0] = (int8_t)on_line(a, slope, offset);
            to[step] = (int8_t)on_line(b, slope, offset);
            to[2 * step] = (int8_t)on_line(c, slope, offset);
            to[3 * step] = (int8_t)on_line(d, slope, offset);
        }
        for (; row > 0; row--, from += step, to += step) {
            *to = (int8_t)on_line(*from, slope, offset);
        }
    }
}
