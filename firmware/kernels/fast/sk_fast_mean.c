#include "sk_fast_mean.h"

#include "sk_simd.h"

/* Rows whose sum of int8 fits int16. */
#define SUM_ROWS 255

void sk_fast_sums(const int8_t *in, int32_t rows, int32_t channels, int32_t *sums)
{
    int32_t channel = 0;
    for (; channel + 4 <= channels; channel += 4) {
        const int8_t *at = in + channel;
        int32_t total[4] = {0, 0, 0, 0};
        for (int32_t left = rows; left > 0; left -= SUM_ROWS) {
            int32_t count = left < SUM_ROWS ? left : SUM_ROWS;
            uint32_t even = 0, odd = 0;
            for (; count >= 4; count -= 4) {
                const uint32_t a = sk_load_word(at), b = sk_load_word(at + channels);
                at += 2 * channels;
                const uint32_t c = sk_load_word(at), d = sk_load_word(at + channels);
                at += 2 * channels;
                even = sk_sxtab16(sk_sxtab16(sk_sxtab16(sk_sxtab16(even, a), b), c), d);
                odd = sk_sxtab16_odd(sk_sxtab16_odd(sk_sxtab16_odd(sk_sxtab16_odd(odd, a), b), c), d);
            }
            for (; count > 0; count--, at += channels) {
                const uint32_t a = sk_load_word(at);
                even = sk_sxtab16(even, a);
                odd = sk_sxtab16_odd(odd, a);
            }
            total[0] += sk_low(even);
            total[1] += sk_low(odd);
            total[2] += sk_high(even);
            total[3] += sk_high(odd);
        }
        for (int32_t i = 0; i < 4; i++) {
            sums[channel + i] = total[i];
        }
    }
    for (; channel < channels; channel++) {
        int32_t total = 0;
        for (int32_t row = 0; row < rows; row++) {
            total += in[row * channels + channel];
        }
        sums[channel] = total;
    }
}
