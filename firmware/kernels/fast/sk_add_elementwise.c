#include "sk_add_elementwise.h"

#include "sk_simd.h"

static inline uint32_t sum_of(const sk_fast_add_t *s, int32_t a, int32_t b)
{
    return (uint32_t)sk_ssat8((s->offset + a * s->a_slope + b * s->b_slope) >> SK_ADD_SHIFT) & 0xFFu;
}

void sk_fast_add(const sk_fast_add_t *shape, const int8_t *a, const int8_t *b, int8_t *out)
{
    const sk_fast_add_t s = *shape; /* `out` might alias the shape for all that the compiler knows */
    const int8_t *end = a + s.elements;

    while (end - a >= 4) {
        const uint32_t x = sk_load_word(a), y = sk_load_word(b);
        const uint32_t word = sum_of(&s, (int8_t)x, (int8_t)y) | sum_of(&s, (int8_t)(x >> 8), (int8_t)(y >> 8)) << 8
                              | sum_of(&s, (int8_t)(x >> 16), (int8_t)(y >> 16)) << 16
                              | sum_of(&s, (int8_t)(x >> 24), (int8_t)(y >> 24)) << 24;
        a += 4;
        b += 4;
        sk_store_word(out, word);
        out += 4;
    }
    while (a != end) {
        *out++ = (int8_t)sum_of(&s, *a++, *b++);
    }
}
