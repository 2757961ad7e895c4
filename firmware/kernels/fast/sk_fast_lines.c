#include "sk_fast_lines.h"

#include "sk_simd.h"

static inline uint32_t on_line(const int32_t *line, int32_t value)
{
    return (uint32_t)sk_ssat8((value * line[0] + line[1]) >> SK_LINE_SHIFT) & 0xFFu;
}

/* Four channels at a time down all rows, so that their lines stay in registers. */
void sk_fast_lines(const sk_fast_lines_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t channels = shape->channels, whole = channels & ~3;
    const int32_t *line = shape->lines;

    for (int32_t channel = 0; channel < whole; channel += 4, line += 8) {
        const int8_t *from = in + channel;
        int8_t *to = out + channel;
        for (int32_t row = shape->rows; row > 0; row--, from += channels, to += channels) {
            const uint32_t x = sk_load_word(from);
            const uint32_t low = on_line(line, (int8_t)x) | on_line(line + 2, (int8_t)(x >> 8)) << 8;
            sk_store_word(to, low | on_line(line + 4, (int8_t)(x >> 16)) << 16 | on_line(line + 6, (int8_t)(x >> 24)) << 24);
        }
    }
    for (int32_t channel = whole; channel < channels; channel++, line += 2) {
        const int8_t *from = in + channel;
        int8_t *to = out + channel;
        for (int32_t row = shape->rows; row > 0; row--, from += channels, to += channels) {
            *to = (int8_t)on_line(line, *from);
        }
    }
}
