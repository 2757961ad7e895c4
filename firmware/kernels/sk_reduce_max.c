#include "sk_reduce_max.h"

#include "sk_walk.h"

void sk_reduce_max(const sk_reduce_max_t *s, const int8_t *in, int8_t *out)
{
    sk_walk_t kept = sk_walk_start(s->kept_extents, s->kept_strides, 0);
    for (int32_t i = 0; i < s->elements; i++) {
        int8_t largest = -128;
        sk_walk_t reduced = sk_walk_start(s->reduced_extents, s->reduced_strides, kept.offset);
        for (int32_t k = 0; k < s->count; k++) {
            largest = in[reduced.offset] > largest ? in[reduced.offset] : largest;
            sk_walk_next(&reduced);
        }
        out[i] = largest;
        sk_walk_next(&kept);
    }
}
