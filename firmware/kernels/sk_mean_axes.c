#include "sk_mean_axes.h"

#include "sk_quant.h"
#include "sk_walk.h"

void sk_mean_axes(const sk_mean_axes_t *s, const int8_t *in, int8_t *out)
{
    sk_walk_t kept = sk_walk_start(s->kept_extents, s->kept_strides, 0);
    for (int32_t i = 0; i < s->elements; i++) {
        int32_t sum = -s->count * s->in_zero_point;
        sk_walk_t reduced = sk_walk_start(s->reduced_extents, s->reduced_strides, kept.offset);
        for (int32_t k = 0; k < s->count; k++) {
            sum += in[reduced.offset];
            sk_walk_next(&reduced);
        }
        const int32_t value = sk_requantize(sum, s->multiplier, s->shift);
        out[i] = (int8_t)sk_clamp(sk_wrap_add(value, s->out_zero_point), -128, 127);
        sk_walk_next(&kept);
    }
}
