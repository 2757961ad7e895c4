#include "sk_conv_1x1_vector.h"

#include <string.h>

#include "sk_fit.h"
#include "sk_simd.h"

/* [channels] int8 to pairs (0,2) (1,3) (4,6) (5,7)..., the last ones filled up with 0. */
static void expand(const int8_t *in, int32_t channels, uint32_t *pairs)
{
    for (; channels > 0; channels -= 4, in += 4, pairs += 2) {
        uint32_t bytes = 0;
        if (channels >= 4) {
            bytes = sk_load_word(in);
        } else {
            memcpy(&bytes, in, (size_t)channels);
        }
        pairs[0] = sk_sxtb16(bytes);
        pairs[1] = sk_sxtb16_odd(bytes);
    }
}

void sk_fast_vector(const sk_fast_vector_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t padded = (shape->in_channels + 3) & ~3;
    const int8_t *weights = shape->weights;
    const int32_t *output = shape->outputs, *const last = output + 2 * shape->out_channels;
    uint32_t x[SK_FAST_VECTOR_CHANNELS / 2];
    const uint32_t *const end = x + padded / 2;

    expand(in, shape->in_channels, x);
    while (output != last) {
        const int32_t two = output + 2 != last; /* outputs at a time, which share the loads of x */
        const int8_t *second = two ? weights + padded : weights;
        int32_t sum = 0, second_sum = 0;
        for (const uint32_t *pair = x; pair != end; pair += 2, weights += 4, second += 4) {
            const uint32_t even = pair[0], odd = pair[1];
            const uint32_t w = sk_load_word(weights), v = sk_load_word(second);
            sum = sk_smlad(odd, sk_sxtb16_odd(w), sk_smlad(even, sk_sxtb16(w), sum));
            second_sum = sk_smlad(odd, sk_sxtb16_odd(v), sk_smlad(even, sk_sxtb16(v), second_sum));
        }
        weights = second;
        *out++ = (int8_t)sk_fitted(output[0] + sum * SK_FIT_SCALE, output[1]);
        output += 2;
        if (two) {
            *out++ = (int8_t)sk_fitted(output[0] + second_sum * SK_FIT_SCALE, output[1]);
            output += 2;
        }
    }
}
