#include "sk_rows.h"

void sk_rows(const sk_rows_t *s, const int8_t *in, int8_t *out)
{
    for (int32_t r = 0; r < s->out_rows; r++) {
        const int32_t t = r + s->skip;
        const int32_t row = s->first + t / s->inner * s->outer_step + t % s->inner * s->inner_step;
        for (int32_t c = 0; c < s->channels; c++) {
            *out++ = row >= 0 && row < s->in_rows ? in[row * s->channels + c] : (int8_t)s->pad;
        }
    }
}
