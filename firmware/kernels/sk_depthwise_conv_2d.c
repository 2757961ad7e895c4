#include "sk_depthwise_conv_2d.h"
#include "sk_quant.h"

static int32_t tap_sum(const sk_conv_t *s, const int8_t *in, int32_t y, int32_t x, int32_t c, int32_t source)
{
    int32_t acc = s->bias[c];
    for (int32_t ky = 0; ky < s->kernel_h; ky++) {
        const int32_t row = y * s->stride_h + ky * s->dilation_h - s->pad_h;
        if (row < 0 || row >= s->in_h) {
            continue;
        }
        for (int32_t kx = 0; kx < s->kernel_w; kx++) {
            const int32_t column = x * s->stride_w + kx * s->dilation_w - s->pad_w;
            if (column < 0 || column >= s->in_w) {
                continue;
            }
            acc = sk_mac(acc, in[(row * s->in_w + column) * s->in_c + source] - s->in_zero_point,
                         s->weights[(ky * s->kernel_w + kx) * s->out_c + c]);
        }
    }
    return acc;
}

void sk_depthwise(const sk_conv_t *s, const int8_t *in, int8_t *out)
{
    const int32_t multiplicity = s->out_c / s->in_c;
    for (int32_t y = 0; y < s->out_h; y++) {
        for (int32_t x = 0; x < s->out_w; x++) {
            for (int32_t c = 0; c < s->out_c; c++) {
                const int32_t acc = tap_sum(s, in, y, x, c, c / multiplicity);
                const int32_t value = sk_requantize(acc, s->multiplier[c], s->shift[c]);
                *out++ = (int8_t)sk_clamp(sk_wrap_add(value, s->out_zero_point), s->low, s->high);
            }
        }
    }
}
