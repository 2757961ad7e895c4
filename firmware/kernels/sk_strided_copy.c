#include "sk_strided_copy.h"

#include "sk_walk.h"

void sk_strided_copy(const sk_strided_copy_t *s, const int8_t *in, int8_t *out)
{
    sk_walk_t walk = sk_walk_start(s->extents, s->strides, s->first);
    for (int32_t i = 0; i < s->elements; i++) {
        out[i] = in[walk.offset];
        sk_walk_next(&walk);
    }
}
