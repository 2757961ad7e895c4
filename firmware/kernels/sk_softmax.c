#include "sk_softmax.h"

#include "sk_quant.h"

#define ACCUMULATION_INTEGER_BITS 12
#define NEWTON_STEPS 3
#define INT32_HIGHEST 0x7fffffff

/* 2 * a * b / 2^32, rounded to nearest, halves away from zero below zero; never called with two lowest numbers. */
static int32_t high_mul(int32_t a, int32_t b)
{
    const int64_t product = (int64_t)a * b;
    return (int32_t)((product + (product >= 0 ? (1 << 30) : 1 - (1 << 30))) / ((int64_t)1 << 31));
}

static int32_t shift_left(int32_t value, int bits)
{
    const int64_t shifted = (int64_t)value * ((int64_t)1 << bits);
    return shifted > INT32_HIGHEST ? INT32_HIGHEST : shifted < -INT32_HIGHEST - 1 ? -INT32_HIGHEST - 1 : (int32_t)shifted;
}

/* 1 / (1 + x) for x in 0..1, 1.0 as 2^31: Newton's method on half the denominator. */
static int32_t one_over_one_plus(int32_t x)
{
    const int32_t half_denominator = (int32_t)(((int64_t)x + INT32_HIGHEST + 1) / 2);
    int32_t estimate = 1515870810 + high_mul(half_denominator, -1010580540);
    for (int step = 0; step < NEWTON_STEPS; step++) {
        const int32_t error = (1 << 29) - high_mul(half_denominator, estimate);
        estimate += shift_left(high_mul(estimate, error), 2);
    }
    return shift_left(estimate, 1);
}

static int leading_zeros(uint32_t value)
{
    int count = 0;
    while (!(value & 0x80000000u)) {
        value <<= 1;
        count++;
    }
    return count;
}

static void softmax_row(const sk_softmax_t *s, const int8_t *in, int8_t *out)
{
    int32_t largest = -128;
    for (int32_t c = 0; c < s->channels; c++) {
        largest = in[c] > largest ? in[c] : largest;
    }
    int32_t sum = 0;
    for (int32_t c = 0; c < s->channels; c++) {
        sum += sk_divide_by_pot(s->exp[largest - in[c]], ACCUMULATION_INTEGER_BITS);
    }
    const int headroom = leading_zeros((uint32_t)sum);
    const int32_t scale = one_over_one_plus((int32_t)(((uint32_t)sum << headroom) - 0x80000000u));
    const int bits = ACCUMULATION_INTEGER_BITS - headroom + 31 - 8;
    for (int32_t c = 0; c < s->channels; c++) {
        const int32_t share = sk_divide_by_pot(high_mul(scale, s->exp[largest - in[c]]), bits);
        out[c] = (int8_t)sk_clamp(share - 128, -128, 127);
    }
}

void sk_softmax(const sk_softmax_t *s, const int8_t *in, int8_t *out)
{
    for (int32_t row = 0; row < s->rows; row++) {
        softmax_row(s, in + row * s->channels, out + row * s->channels);
    }
}
