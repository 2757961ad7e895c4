#include "sk_resize_nearest.h"

#include <string.h>

void sk_resize_nearest(const sk_resize_nearest_t *s, const int8_t *in, int8_t *out)
{
    for (int32_t y = 0; y < s->out_h; y++) {
        for (int32_t x = 0; x < s->out_w; x++) {
            memcpy(out, in + (s->rows[y] * s->in_w + s->columns[x]) * s->channels, s->channels);
            out += s->channels;
        }
    }
}
