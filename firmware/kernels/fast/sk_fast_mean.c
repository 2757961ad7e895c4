#include "sk_fast_mean.h"

#include "sk_simd.h"

/* Rows whose sum of int8 fits int16. */
#define SUM_ROWS 255

/* The same word of four rows in a row. */
static inline void load_four(const int8_t *row, int32_t channels, uint32_t words[4])
{
#if SK_HAS_DSP_ASSEMBLY
    /* gcc 12 spreads the loads among their uses, where each takes 2 cycles; side by side the last three take 1. */
    __asm__("ldr %0, [%4]\n\t"
            "ldr %1, [%4, %5]\n\t"
            "ldr %2, [%4, %5, lsl #1]\n\t"
            "ldr %3, [%4, %6]"
            : "=&r"(words[0]), "=&r"(words[1]), "=&r"(words[2]), "=r"(words[3])
            : "r"(row), "r"(channels), "r"(3 * channels), "m"(*(const int8_t(*)[])row));
#else
    for (int32_t i = 0; i < 4; i++) {
        words[i] = sk_load_word(row + i * channels);
    }
#endif
}

/* Four channels of count <= SUM_ROWS rows, added to total. */
static void add_rows(const int8_t *row, int32_t channels, int32_t count, int32_t *total)
{
    uint32_t even = 0, odd = 0, words[4];

    for (; count >= 4; count -= 4, row += 4 * channels) {
        load_four(row, channels, words);
        even = sk_sxtab16(sk_sxtab16(sk_sxtab16(sk_sxtab16(even, words[0]), words[1]), words[2]), words[3]);
        odd = sk_sxtab16_odd(sk_sxtab16_odd(sk_sxtab16_odd(sk_sxtab16_odd(odd, words[0]), words[1]), words[2]), words[3]);
    }
    for (; count > 0; count--, row += channels) {
        const uint32_t word = sk_load_word(row);
        even = sk_sxtab16(even, word);
        odd = sk_sxtab16_odd(odd, word);
    }
    total[0] += sk_low(even);
    total[1] += sk_low(odd);
    total[2] += sk_high(even);
    total[3] += sk_high(odd);
}

void sk_fast_sums(const int8_t *in, int32_t rows, int32_t channels, int32_t *sums)
{
    int32_t channel = 0;
    for (; channel + 4 <= channels; channel += 4) {
        int32_t total[4] = {0, 0, 0, 0};
        for (int32_t row = 0; row < rows; row += SUM_ROWS) {
            add_rows(in + row * channels + channel, channels, rows - row < SUM_ROWS ? rows - row : SUM_ROWS, total);
        }
        memcpy(sums + channel, total, sizeof total);
    }
    for (; channel < channels; channel++) {
        int32_t total = 0;
        for (int32_t row = 0; row < rows; row++) {
            total += in[row * channels + channel];
        }
        sums[channel] = total;
    }
}
