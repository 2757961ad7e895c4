#include "sk_mul_constant.h"

void sk_fast_scale(const sk_fast_scale_t *shape, const int8_t *in, int8_t *out)
{
    const sk_fast_scale_t factor = *shape; /* `out` might alias the shape for all that the compiler knows */

    for (const int8_t *end = in + factor.elements; in != end;) {
        *out++ = (int8_t)sk_fast_scaled(&factor, *in++);
    }
}
