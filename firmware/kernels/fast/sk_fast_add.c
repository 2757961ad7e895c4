#include "sk_fast_add.h"

#include "sk_simd.h"

void sk_fast_add(const sk_fast_add_t *shape, const int8_t *a, const int8_t *b, int8_t *out)
{
    const int32_t a_slope = shape->a_slope, b_slope = shape->b_slope, offset = shape->offset;
    const int8_t *end = a + shape->elements;

    while (end - a >= 4) {
        const uint32_t x = sk_load_word(a), y = sk_load_word(b);
        uint32_t word = 0;
        a += 4;
        b += 4;
        for (int32_t shift = 24; shift >= 0; shift -= 8) {
            const int32_t sum = (int8_t)(x >> shift) * a_slope + (int8_t)(y >> shift) * b_slope + offset;
            word = (word << 8) | ((uint32_t)sk_ssat8(sum >> SK_ADD_SHIFT) & 0xFFu);
        }
        sk_store_word(out, word);
        out += 4;
    }
    while (a != end) {
        *out++ = (int8_t)sk_ssat8((*a++ * a_slope + *b++ * b_slope + offset) >> SK_ADD_SHIFT);
    }
}
