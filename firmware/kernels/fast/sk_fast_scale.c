#include "sk_fast_scale.h"

#include "sk_simd.h"

void sk_fast_scale(const sk_fast_scale_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t slope = shape->slope, offset = shape->offset;

    for (const int8_t *end = in + shape->elements; in != end;) {
        *out++ = (int8_t)sk_ssat8((*in++ * slope + offset) >> SK_SCALE_SHIFT);
    }
}
