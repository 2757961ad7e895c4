#include "sk_average_pool_2d.h"

#include "sk_quant.h"

static int32_t sum(const sk_pool_2d_t *s, const int8_t *in, sk_span_t rows, sk_span_t columns)
{
    int32_t total = 0;
    for (int32_t y = rows.first; y < rows.last; y++) {
        for (int32_t x = columns.first; x < columns.last; x++) {
            total += in[(y * s->in_w + x) * s->channels];
        }
    }
    return total;
}

void sk_average_pool_2d(const sk_pool_2d_t *s, const int8_t *in, int8_t *out)
{
    for (int32_t y = 0; y < s->out_h; y++) {
        const sk_span_t rows = sk_pool_span(y, s->stride_h, s->pad_h, s->kernel_h, s->in_h);
        for (int32_t x = 0; x < s->out_w; x++) {
            const sk_span_t columns = sk_pool_span(x, s->stride_w, s->pad_w, s->kernel_w, s->in_w);
            const int32_t count = (rows.last - rows.first) * (columns.last - columns.first);
            for (int32_t c = 0; c < s->channels; c++) {
                const int32_t total = sum(s, in + c, rows, columns);
                /* To the nearest, halves away from zero. */
                const int32_t mean = (total > 0 ? total + count / 2 : total - count / 2) / count;
                *out++ = (int8_t)sk_clamp(mean, s->low, s->high);
            }
        }
    }
}
