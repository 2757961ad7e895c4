#include "sk_pad.h"

#include <string.h>

void sk_pad(const sk_pad_t *s, const int8_t *in, int8_t *out)
{
    const int32_t bytes = (int32_t)s->out_n * s->out_h * s->out_w * s->out_c;
    memset(out, s->value, (size_t)bytes);
    for (int32_t n = 0; n < s->in_n; n++) {
        for (int32_t y = 0; y < s->in_h; y++) {
            for (int32_t x = 0; x < s->in_w; x++) {
                const int32_t pixel = ((n + s->before_n) * s->out_h + y + s->before_h) * s->out_w + x + s->before_w;
                memcpy(out + pixel * s->out_c + s->before_c, in, s->in_c);
                in += s->in_c;
            }
        }
    }
}
