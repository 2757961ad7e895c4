#include "sk_mul_gate.h"

#include <stddef.h>
#include <string.h>

#include "sk_simd.h"

static int32_t slope_of(const sk_fast_gate_t *gate, int32_t value)
{
    return (int32_t)(((int64_t)(value + 128) * gate->slope + 128) >> 8);
}

/* Each gate's slope, in the order of the halves of sk_tile_expand's pairs, filled up with 0 to a multiple of 4. */
static void slopes_of(const sk_fast_gate_t *gate, const sk_fast_scale_t *scale, const int8_t *gates, int32_t *slopes,
                      int32_t channels)
{
    const int32_t rest = channels & 3;

    memset(slopes + channels - rest, 0, rest > 0 ? 4 * sizeof *slopes : 0);
    for (int32_t channel = 0; channel < channels; channel++) {
        int32_t place = (channel & ~3) + ((channel & 1) << 1) + (channel >> 1 & 1);
        if (rest == 2 && channel == channels - 1) {
            place--; /* a rest of two is one pair */
        }
        slopes[place] = slope_of(gate, scale ? sk_fast_scaled(scale, gates[channel]) : gates[channel]);
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
 * Both rows' channels in fours, a remainder left out. In assembly because all 14 registers are needed (gcc 12 spills: 8
 * cycles an element, this 4.4). Two fours a turn, an odd number is entered in the middle. For sk_tile_run, which needs no
 * register back.
 *
 * r0, r1 rows in; r2 rows out; r3 and r6-r9 slopes; r12 rounding; lr mask; r4, r5, r10, r11 values; on the stack the
 * end of the first row.
 */
SK_ASSEMBLY(void expand_fours(sk_tile_run_t *run, uint32_t *rows))
{
    __asm__ volatile(
        ".syntax unified\n"
        ".macro sk_gate_two x, low, high\n"
        "    smlawb  r10, \\low, \\x, r12\n"
        "    smlawt  \\x, \\high, \\x, r12\n"
        "    pkhtb   \\x, \\x, r10, asr #16\n"
        "    ssat16  \\x, #8, \\x\n"
        ".endm\n"
        ".macro sk_gate_four\n"
        "    ldr     r4, [r0], #4\n"
        "    ldr     r5, [r1], #4\n"
        "    ldr     r7, [r3, #4]\n"
        "    ldr     r8, [r3, #8]\n"
        "    ldr     r9, [r3, #12]\n"
        "    ldr     r6, [r3], #16\n"
        "    eor     r5, r5, #0x80808080\n"
        "    eor     r4, r4, #0x80808080\n"
        "    and     r11, lr, r5, lsl #7\n"
        "    and     r5, lr, r5, lsr #1\n"
        "    sk_gate_two r11, r6, r7\n"
        "    sk_gate_two r5, r8, r9\n"
        "    str     r11, [r2, %[second]]\n"
        "    str     r5, [r2, %[second_odd]]\n"
        "    and     r11, lr, r4, lsl #7\n"
        "    and     r4, lr, r4, lsr #1\n"
        "    sk_gate_two r11, r6, r7\n"
        "    sk_gate_two r4, r8, r9\n"
        "    str     r4, [r2, #4]\n"
        "    str     r11, [r2], #8\n"
        ".endm\n"
        "    mov     r2, r1\n"
        "    ldr     r4, [r0, %[channels]]\n"
        "    ldr     r3, [r0, %[slopes]]\n"
        "    ldr     r12, [r0, %[rounding]]\n"
        "    ldr     r1, [r0, %[second_row]]\n"
        "    ldr     r0, [r0, %[first_row]]\n"
        "    bic     r4, r4, #3\n"
        "    add     r5, r0, r4\n"
        "    push    {r5, lr}\n"
        "    movw    lr, #0x7F80\n"
        "    movt    lr, #0x7F80\n"
        "    tst     r4, #4\n"
        "    bne.n   2f\n"
        "1:  sk_gate_four\n"
        "2:  sk_gate_four\n"
        "    ldr     r10, [sp]\n"
        "    cmp     r0, r10\n"
        "    bne     1b\n"
        "    pop     {r5, pc}\n"
        ".purgem sk_gate_two\n"
        ".purgem sk_gate_four\n"
        :
        : [second] "i"(4 * SK_TILE_PAIRS), [second_odd] "i"(4 * SK_TILE_PAIRS + 4),
          [channels] "i"(offsetof(sk_tile_run_t, channels)), [slopes] "i"(offsetof(sk_tile_run_t, slopes)),
          [rounding] "i"(offsetof(sk_tile_run_t, rounding)), [first_row] "i"(offsetof(sk_tile_run_t, first)),
          [second_row] "i"(offsetof(sk_tile_run_t, second)));
}
SK_ASSEMBLY_END

/* The same for C. */
SK_ASSEMBLY(void expand_fours_from_c(sk_tile_run_t *run, uint32_t *rows))
{
    __asm__ volatile("    push    {r3, r4-r11, lr}\n"
                     "    bl      %c[fours]\n" /* not by its name, which is another with -flto */
                     "    pop     {r3, r4-r11, pc}\n"
                     :
                     : [fours] "i"(expand_fours));
}
SK_ASSEMBLY_END

#else

static void expand_fours(sk_tile_run_t *run, uint32_t *rows)
{
    const int32_t whole = run->channels & ~3;
    for (int32_t channel = 0; channel < whole; channel += 4, rows += 2) {
        const int32_t *slopes = run->slopes + channel;
        const uint32_t a = sk_load_word(run->first + channel), b = sk_load_word(run->second + channel);
        rows[0] = gate_pair(gate_even(a), slopes, run->rounding);
        rows[1] = gate_pair(gate_odd(a), slopes + 2, run->rounding);
        rows[SK_TILE_PAIRS] = gate_pair(gate_even(b), slopes, run->rounding);
        rows[SK_TILE_PAIRS + 1] = gate_pair(gate_odd(b), slopes + 2, run->rounding);
    }
}

#define expand_fours_from_c expand_fours

#endif

static void expand_any(sk_tile_run_t *run, uint32_t *rows)
{
    const int32_t whole = run->channels & ~3, rest = run->channels & 3;
    const int32_t *slopes = run->slopes + whole;
    const uint32_t a = sk_tile_tail(run->first + whole, rest), b = sk_tile_tail(run->second + whole, rest);

    if (whole > 0) {
        expand_fours_from_c(run, rows);
    }
    rows += whole / 2;
    rows[0] = gate_pair(gate_even(a), slopes, run->rounding);
    rows[SK_TILE_PAIRS] = gate_pair(gate_even(b), slopes, run->rounding);
    if (rest == 3) {
        rows[1] = gate_pair(gate_odd(a), slopes + 2, run->rounding);
        rows[SK_TILE_PAIRS + 1] = gate_pair(gate_odd(b), slopes + 2, run->rounding);
    }
}

void sk_fast_gate_start(sk_tile_run_t *run, const sk_fast_gate_t *gate, const sk_fast_scale_t *scale, const int8_t *gates,
                        int32_t *slopes, int32_t channels)
{
    slopes_of(gate, scale, gates, slopes, channels);
    run->expand = channels % 4 == 0 ? expand_fours : expand_any;
    run->slopes = slopes;
    run->rounding = gate->rounding;
}

/* Channels whose slopes are kept at a time, a multiple of 4. */
#define MUL_CHANNELS (2 * SK_TILE_PAIRS)

/* `channels` of each row, at most MUL_CHANNELS. */
static void multiply(const sk_fast_mul_t *shape, int32_t channels, const int8_t *in, const int8_t *gates, int8_t *out)
{
    const int32_t rounding = shape->gate.rounding, whole = channels & ~3;
    int32_t slopes[MUL_CHANNELS];

    slopes_of(&shape->gate, NULL, gates, slopes, channels);
    for (int32_t row = 0; row < shape->rows; row++) {
        int32_t channel = 0;
        for (; channel < whole; channel += 4) {
            const uint32_t bytes = sk_load_word(in + channel);
            const uint32_t even = gate_pair(gate_even(bytes), slopes + channel, rounding);
            const uint32_t odd = gate_pair(gate_odd(bytes), slopes + channel + 2, rounding);
            sk_store_word(out + channel, (even & 0x00FF00FFu) | ((odd << 8) & 0xFF00FF00u));
        }
        for (; channel < channels; channel++) {
            const uint32_t x = gate_even((uint8_t)in[channel]);
            const int32_t slope = slope_of(&shape->gate, gates[channel]);
            out[channel] = (int8_t)sk_ssat8(sk_smlawb(slope, x, rounding) >> 16);
        }
        in += shape->channels;
        out += shape->channels;
    }
}

void sk_fast_mul(const sk_fast_mul_t *shape, const int8_t *in, const int8_t *gates, int8_t *out)
{
    for (int32_t from = 0; from < shape->channels; from += MUL_CHANNELS) {
        const int32_t left = shape->channels - from;
        multiply(shape, left < MUL_CHANNELS ? left : MUL_CHANNELS, in + from, gates + from, out + from);
    }
}
