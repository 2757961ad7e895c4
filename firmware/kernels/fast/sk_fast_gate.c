#include "sk_fast_gate.h"

#include "sk_fast_tile.h"

void sk_fast_gate_slopes(const sk_fast_gate_t *gate, const int8_t *gates, int32_t *slopes, int32_t channels)
{
    uint32_t pairs[SK_TILE_PAIRS];
    const int32_t count = (channels + 1) / 2;

    sk_tile_expand(gates, pairs, channels);
    for (int32_t p = 0; p < count; p++) {
        slopes[2 * p] = (int32_t)(((int64_t)(sk_low(pairs[p]) + 128) * gate->slope + 128) >> 8);
        slopes[2 * p + 1] = (int32_t)(((int64_t)(sk_high(pairs[p]) + 128) * gate->slope + 128) >> 8);
    }
}

/* x' * 2^7 of bytes 0 and 2, or 1 and 3, of a word of x. */
static inline uint32_t gate_even(uint32_t bytes)
{
    return ((bytes ^ 0x80808080u) << 7) & 0x7F807F80u;
}

static inline uint32_t gate_odd(uint32_t bytes)
{
    return ((bytes ^ 0x80808080u) >> 1) & 0x7F807F80u;
}

static inline uint32_t gate_pair(uint32_t x, const int32_t *slopes, int32_t rounding)
{
    const int32_t low = sk_smlawb(slopes[0], x, rounding);
    const int32_t high = sk_smlawt(slopes[1], x, rounding);
    return sk_ssat16_8(sk_pair_of_tops((uint32_t)low, (uint32_t)high));
}

#if SK_HAS_DSP_ASSEMBLY

/*
 * Four channels at a time of two rows, up to the first row's `end`. In assembly because all 14 registers are needed (gcc
 * 12 spills: 8 cycles an element, this 4.75).
 *
 * r0, r1 rows in; r2 rows out; r3 and r6-r9 slopes; r12 rounding; lr mask; r4, r5, r10, r11 values.
 */
SK_ASSEMBLY(void expand_fours(const int8_t *first, const int8_t *second, uint32_t *rows, const int32_t *slopes,
                              const int8_t *end, int32_t rounding))
{
    __asm__ volatile(
        ".syntax unified\n"
        ".macro sk_gate_two x, low, high\n"
        "    smlawb  r10, \\low, \\x, r12\n"
        "    smlawt  \\x, \\high, \\x, r12\n"
        "    pkhtb   \\x, \\x, r10, asr #16\n"
        "    ssat16  \\x, #8, \\x\n"
        ".endm\n"
        "    push    {r4-r11, lr}\n"
        "    ldr     r12, [sp, #40]\n"
        "    movw    lr, #0x7F80\n"
        "    movt    lr, #0x7F80\n"
        "1:  ldr     r4, [r0], #4\n"
        "    ldr     r5, [r1], #4\n"
        "    ldr     r7, [r3, #4]\n"
        "    ldr     r8, [r3, #8]\n"
        "    ldr     r9, [r3, #12]\n"
        "    ldr     r6, [r3], #16\n"
        "    eor     r5, r5, #0x80808080\n"
        "    eor     r4, r4, #0x80808080\n"
        "    and     r11, lr, r5, lsl #7\n"
        "    sk_gate_two r11, r6, r7\n"
        "    str     r11, [r2, %[second]]\n"
        "    and     r5, lr, r5, lsr #1\n"
        "    sk_gate_two r5, r8, r9\n"
        "    str     r5, [r2, %[second_odd]]\n"
        "    and     r11, lr, r4, lsl #7\n"
        "    sk_gate_two r11, r6, r7\n"
        "    and     r4, lr, r4, lsr #1\n"
        "    sk_gate_two r4, r8, r9\n"
        "    str     r4, [r2, #4]\n"
        "    str     r11, [r2], #8\n"
        "    ldr     r10, [sp, #36]\n"
        "    cmp     r0, r10\n"
        "    bne     1b\n"
        "    pop     {r4-r11, pc}\n"
        ".purgem sk_gate_two\n"
        :
        : [second] "i"(4 * SK_TILE_PAIRS), [second_odd] "i"(4 * SK_TILE_PAIRS + 4));
}
SK_ASSEMBLY_END

#else

static void expand_fours(const int8_t *first, const int8_t *second, uint32_t *rows, const int32_t *slopes,
                         const int8_t *end, int32_t rounding)
{
    for (; first != end; first += 4, second += 4, rows += 2, slopes += 4) {
        const uint32_t a = sk_load_word(first), b = sk_load_word(second);
        rows[0] = gate_pair(gate_even(a), slopes, rounding);
        rows[1] = gate_pair(gate_odd(a), slopes + 2, rounding);
        rows[SK_TILE_PAIRS] = gate_pair(gate_even(b), slopes, rounding);
        rows[SK_TILE_PAIRS + 1] = gate_pair(gate_odd(b), slopes + 2, rounding);
    }
}

#endif

void sk_fast_gate_expand(const int8_t *first, const int8_t *second, uint32_t *rows, const int32_t *slopes,
                         int32_t channels, int32_t rounding)
{
    const int32_t whole = channels & ~3, rest = channels & 3;

    if (whole > 0) {
        expand_fours(first, second, rows, slopes, first + whole, rounding);
    }
    if (rest > 0) {
        const uint32_t a = sk_tile_tail(first + whole, rest), b = sk_tile_tail(second + whole, rest);
        rows += whole / 2;
        slopes += whole;
        rows[0] = gate_pair(gate_even(a), slopes, rounding);
        rows[SK_TILE_PAIRS] = gate_pair(gate_even(b), slopes, rounding);
        if (rest == 3) {
            rows[1] = gate_pair(gate_odd(a), slopes + 2, rounding);
            rows[SK_TILE_PAIRS + 1] = gate_pair(gate_odd(b), slopes + 2, rounding);
        }
    }
}

void sk_fast_mul(const sk_fast_mul_t *shape, const int8_t *in, const int8_t *gates, int8_t *out)
{
    const int32_t rounding = shape->gate.rounding, whole = shape->channels & ~3;
    int32_t slopes[2 * SK_TILE_PAIRS];

    sk_fast_gate_slopes(&shape->gate, gates, slopes, shape->channels);
    for (int32_t row = 0; row < shape->rows; row++) {
        int32_t channel = 0;
        for (; channel < whole; channel += 4) {
            const uint32_t bytes = sk_load_word(in + channel);
            const uint32_t even = gate_pair(gate_even(bytes), slopes + channel, rounding);
            const uint32_t odd = gate_pair(gate_odd(bytes), slopes + channel + 2, rounding);
            sk_store_word(out + channel, (even & 0x00FF00FFu) | ((odd << 8) & 0xFF00FF00u));
        }
        for (; channel < shape->channels; channel++) {
            const uint32_t x = gate_even((uint8_t)in[channel]);
            const int32_t slope = (int32_t)((((int64_t)gates[channel] + 128) * shape->gate.slope + 128) >> 8);
            out[channel] = (int8_t)sk_ssat8(sk_smlawb(slope, x, rounding) >> 16);
        }
        in += shape->channels;
        out += shape->channels;
    }
}
