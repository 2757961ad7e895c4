#include "sk_row_sums.h"

#include "sk_simd.h"

/* Rows whose sum of int8 fits int16, a multiple of 8. */
#define SUM_ROWS 248

/*
 * Adds four channels of 8 * turns rows, turns > 0, and returns the row behind them. even: sums of channels 0 and 2 as a
 * pair; odd: of 1 and 3.
 */
static inline const int8_t *add_rows(const int8_t *row, int32_t channels, int32_t turns, uint32_t *even, uint32_t *odd)
{
#if SK_HAS_DSP_ASSEMBLY
    /* gcc 12 spreads the loads among their uses, where each takes 2 cycles; side by side all but the first take 1. */
    uint32_t low = *even, high = *odd, a, b, c, d;
    __asm__ volatile(
        ".macro sk_four_rows\n"
        "    ldr     %[a], [%[row]]\n"
        "    ldr     %[b], [%[row], %[channels]]\n"
        "    ldr     %[c], [%[row], %[channels], lsl #1]\n"
        "    ldr     %[d], [%[row], %[triple]]\n"
        "    add     %[row], %[row], %[channels], lsl #2\n"
        "    sxtab16 %[low], %[low], %[a]\n"
        "    sxtab16 %[high], %[high], %[a], ror #8\n"
        "    sxtab16 %[low], %[low], %[b]\n"
        "    sxtab16 %[high], %[high], %[b], ror #8\n"
        "    sxtab16 %[low], %[low], %[c]\n"
        "    sxtab16 %[high], %[high], %[c], ror #8\n"
        "    sxtab16 %[low], %[low], %[d]\n"
        "    sxtab16 %[high], %[high], %[d], ror #8\n"
        ".endm\n"
        "1:  sk_four_rows\n"
        "    sk_four_rows\n"
        "    subs    %[turns], %[turns], #1\n"
        "    bne     1b\n"
        ".purgem sk_four_rows\n"
        : [row] "+r"(row), [turns] "+r"(turns), [low] "+r"(low), [high] "+r"(high), [a] "=&r"(a), [b] "=&r"(b),
          [c] "=&r"(c), [d] "=&r"(d)
        : [channels] "r"(channels), [triple] "r"(3 * channels)
        : "cc", "memory");
    *even = low;
    *odd = high;
#else
    for (turns *= 8; turns > 0; turns--, row += channels) {
        const uint32_t word = sk_load_word(row);
        *even = sk_sxtab16(*even, word);
        *odd = sk_sxtab16_odd(*odd, word);
    }
#endif
    return row;
}

/* Four channels of all rows. */
static void sum_four(const int8_t *row, int32_t rows, int32_t channels, int32_t *sums)
{
    int32_t first = 0, second = 0, third = 0, fourth = 0;

    while (rows > 0) {
        uint32_t even = 0, odd = 0;
        int32_t count = rows < SUM_ROWS ? rows : SUM_ROWS;
        rows -= count;
        if (count >= 8) {
            row = add_rows(row, channels, count / 8, &even, &odd);
        }
        count %= 8;
        for (; count > 0; count--, row += channels) {
            const uint32_t word = sk_load_word(row);
            even = sk_sxtab16(even, word);
            odd = sk_sxtab16_odd(odd, word);
        }
        first += sk_low(even);
        second += sk_low(odd);
        third += sk_high(even);
        fourth += sk_high(odd);
    }
    sums[0] = first;
    sums[1] = second;
    sums[2] = third;
    sums[3] = fourth;
}

void sk_fast_sums(const int8_t *in, int32_t rows, int32_t channels, int32_t *sums)
{
    int32_t channel = 0;
    for (; channel + 4 <= channels; channel += 4) {
        sum_four(in + channel, rows, channels, sums + channel);
    }
    if (channel < channels && channels >= 4) { /* the last four once more, some of them for the second time */
        channel = channels - 4;
        sum_four(in + channel, rows, channels, sums + channel);
        return;
    }
    for (; channel < channels; channel++) {
        sums[channel] = 0;
        for (int32_t row = 0; row < rows; row++) {
            sums[channel] += in[row * channels + channel];
        }
    }
}
