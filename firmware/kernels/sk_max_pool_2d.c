#include "sk_max_pool_2d.h"

#include "sk_quant.h"

static int32_t largest(const sk_pool_2d_t *s, const int8_t *in, sk_span_t rows, sk_span_t columns)
{
    int32_t found = -128;
    for (int32_t y = rows.first; y < rows.last; y++) {
        for (int32_t x = columns.first; x < columns.last; x++) {
            const int32_t value = in[(y * s->in_w + x) * s->channels];
            found = value > found ? value : found;
        }
    }
    return found;
}

void sk_max_pool_2d(const sk_pool_2d_t *s, const int8_t *in, int8_t *out)
{
    for (int32_t y = 0; y < s->out_h; y++) {
        const sk_span_t rows = sk_pool_span(y, s->stride_h, s->pad_h, s->kernel_h, s->in_h);
        for (int32_t x = 0; x < s->out_w; x++) {
            const sk_span_t columns = sk_pool_span(x, s->stride_w, s->pad_w, s->kernel_w, s->in_w);
            for (int32_t c = 0; c < s->channels; c++) {
                *out++ = (int8_t)sk_clamp(largest(s, in + c, rows, columns), s->low, s->high);
            }
        }
    }
}
