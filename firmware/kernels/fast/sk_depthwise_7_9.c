#include "sk_depthwise_7_9.h"

#include "sk_streams.h"

/* Rows read before the loop. */
#define SAME_AHEAD 4
#define CAUSAL_AHEAD 0

#if SK_HAS_DSP_ASSEMBLY

/*
 * r0 row, r1 step, r2 and r3 even and odd output, r4-r7 pairs of weights, r8-r11 four pairs of rows in a row, of which
 * the first gives way to the one behind them as soon as it is used; r12 whatever is used once, lr bias. s0 and s1 as the
 * requantization wants them, s2 multiplier, s3-s6 other pairs of weights, s7 end of the loop, s8 bias; in the last rows
 * s9 pad, s10 rows left, s11 the pair to come.
 *
 * An output of CAUSAL is SAME's of four rows before, so nothing is read ahead.
 */
#define DW(name, taps, padding, requantizer) \
SK_STREAMS(name, MACROS(SUMS_##taps(padding##_READ), SK_##requantizer##_END), \
           LOAD_##taps(requantizer##_CONSTANTS(taps), requantizer##_SCALE), ROWS(padding##_FIRST, padding##_ROW, padding##_REST))

/* a to d: the pairs. before: what requantization may use. last: the pair to come is not to be read. */
#define MACROS(sums, requantize) \
        ".macro sk_dw_outputs a, b, c, d, before, last\n" \
        sums \
        "    vmov    r12, s2\n" \
        requantize \
        ".endm\n" \
        ".macro sk_dw_pair a, b, c, d\n" \
        "    sk_dw_outputs \\a, \\b, \\c, \\d, r12, 0\n" \
        "    strb    r2, [r0]\n" \
        "    add     r0, r0, r1\n" \
        "    strb    r3, [r0]\n" \
        "    add     r0, r0, r1\n" \
        ".endm\n"

#define READ(read) \
        ".if \\last\n" \
        "    vmov    \\a, s11\n" \
        ".else\n" \
        read \
        ".endif\n"

/* The first pairs, and in r3 how many are to come modulo 4; the one to come; its first row; rows left behind the loop. */
#define SAME_FIRST \
        "    eor     r3, r3, #2\n" \
        "    add     r2, r1, r1, lsl #1\n" \
        "    ldrsb   r10, [r0]\n" \
        "    ldrsb   r12, [r0, r1]\n" \
        "    ldrsb   r11, [r0, r1, lsl #1]\n" \
        "    ldrsb   r2, [r0, r2]\n" \
        "    mov     r9, r8\n" \
        "    pkhbt   r10, r10, r12, lsl #16\n" \
        "    pkhbt   r11, r11, r2, lsl #16\n"
#define SAME_READ \
        "    add     r12, r0, r1\n" \
        "    ldrsb   \\a, [r0, r1, lsl #2]\n" \
        "    ldrsb   r12, [r12, r1, lsl #2]\n" \
        "    pkhbt   \\a, \\a, r12, lsl #16\n"
#define SAME_ROW "[r0, r1, lsl #2]"
#define SAME_REST "4"

#define CAUSAL_FIRST \
        "    mov     r9, r8\n" \
        "    mov     r10, r8\n" \
        "    mov     r11, r8\n"
#define CAUSAL_READ \
        "    ldrsb   \\a, [r0]\n" \
        "    ldrsb   r12, [r0, r1]\n" \
        "    pkhbt   \\a, \\a, r12, lsl #16\n"
#define CAUSAL_ROW "[r0]"
#define CAUSAL_REST "0"

/* r4 (w0,w1), r5 (w1,w2), r6 (w3,w4), r7 (w5,w6), s3 (w2,w3), s4 (w4,w5) */
#define SUMS_7(read) \
        "    smlatb  r2, \\a, r4, lr\n" \
        "    smlad   r3, \\b, r4, lr\n" \
        READ(read) \
        "    smlad   r2, \\b, r5, r2\n" \
        "    vmov    r12, s3\n" \
        "    smlad   r2, \\c, r6, r2\n" \
        "    smlad   r3, \\c, r12, r3\n" \
        "    vmov    r12, s4\n" \
        "    smlad   r2, \\d, r7, r2\n" \
        "    smlad   r3, \\d, r12, r3\n" \
        "    smlabt  r3, \\a, r7, r3\n"

/* r4 (w0,w1), r5 (w2,w3), r6 (w4,w5), r7 (w7,w8), s3 (w1,w2), s4 (w3,w4), s5 (w6,w7), s6 (w5,w6) */
#define SUMS_9(read) \
        "    smlad   r2, \\a, r4, lr\n" \
        "    smlatb  r3, \\a, r4, lr\n" \
        READ(read) \
        "    smlad   r2, \\b, r5, r2\n" \
        "    vmov    r12, s3\n" \
        "    smlad   r3, \\b, r12, r3\n" \
        "    vmov    r12, s4\n" \
        "    smlad   r2, \\c, r6, r2\n" \
        "    smlad   r3, \\c, r12, r3\n" \
        "    vmov    r12, s5\n" \
        "    smlad   r2, \\d, r12, r2\n" \
        "    vmov    r12, s6\n" \
        "    smlad   r3, \\d, r12, r3\n" \
        "    smlabt  r2, \\a, r7, r2\n" \
        "    smlad   r3, \\a, r7, r3\n"

/*
 * For the loop's last round to end with the pairs in place, n pairs modulo 4 start it at its n-th from the end, the pairs
 * rotated through memory. The last rows take one piece of code, which moves the pairs.
 */
#define ROWS(first, row, rest) \
        "    vmov    s7, lr\n" \
        "    ldr     r12, [sp]\n" \
        "    ldr     r3, [r12, %[count]]\n" \
        "    vmov    lr, s8\n" \
        "    ubfx    r3, r3, #1, #2\n" \
        first \
        "    cmp     r3, #0\n" \
        "    beq     3f\n" \
        "    push    {r8-r11}\n" \
        "    push    {r8-r11}\n" \
        "    add     r12, sp, r3, lsl #2\n" \
        "    ldm     r12, {r8-r11}\n" \
        "    add     sp, sp, #32\n" \
        "    cmp     r3, #2\n" \
        "    blt     6f\n" \
        "    beq     5f\n" \
        "    b       4f\n" \
        "3:  sk_dw_pair r8, r9, r10, r11\n" \
        "4:  sk_dw_pair r9, r10, r11, r8\n" \
        "5:  sk_dw_pair r10, r11, r8, r9\n" \
        "6:  sk_dw_pair r11, r8, r9, r10\n" \
        "    vmov    r12, s7\n" \
        "    cmp     r0, r12\n" \
        "    bne     3b\n" \
        "    ldr     r12, [sp]\n" \
        "    ldr     r2, [r12, %[count]]\n" \
        "    ldr     r3, [r12, %[pad]]\n" \
        "    vmov    s9, r3\n" \
        "    ands    r2, r2, #1\n" \
        "    beq     7f\n" \
        "    ldrsb   r12, " row "\n" \
        "    pkhbt   r3, r12, r3\n" \
        "7:  adds    r2, r2, #" rest "\n" \
        "    beq     9f\n" \
        "8:  vmov    s10, r2\n" \
        "    vmov    s11, r3\n" \
        "    sk_dw_outputs r8, r9, r10, r11, r12, 1\n" \
        "    mov     r12, r8\n" \
        "    mov     r8, r9\n" \
        "    mov     r9, r10\n" \
        "    mov     r10, r11\n" \
        "    mov     r11, r12\n" \
        "    strb    r2, [r0]\n" \
        "    vmov    r2, s10\n" \
        "    subs    r2, r2, #2\n" \
        "    blt     9f\n" \
        "    add     r0, r0, r1\n" \
        "    strb    r3, [r0]\n" \
        "    add     r0, r0, r1\n" \
        "    vmov    r3, s9\n" \
        "    bne     8b\n" \
        ".purgem sk_dw_outputs\n" \
        ".purgem sk_dw_pair\n"

/* Bytes to halves of words, in the high byte times 256 or in the low byte to be doubled. */
#define LOAD_7(constants, scale) \
        "    ldm     r3!, {r8, r9}\n" \
        constants \
        "    ldm     r3!, {r11, r12}\n" \
        "    vmov    s8, r11\n" \
        "    vmov    s2, r12\n" \
        "    uxtb16  r11, r8\n" \
        "    uxtb16  r12, r8, ror #8\n" \
        "    pkhbt   r4, r11, r12, lsl #16\n" \
        "    pkhbt   r5, r12, r11\n" \
        "    pkhtb   r10, r12, r11, asr #16\n" \
        "    lsr     r12, r12, #16\n" \
        "    uxtb16  r11, r9\n" \
        "    uxtb16  r8, r9, ror #8\n" \
        "    pkhbt   r6, r12, r11, lsl #16\n" \
        "    pkhbt   r12, r11, r8, lsl #16\n" \
        "    pkhbt   r7, r8, r11\n" \
        ".irp pair, r4, r5, r6, r7, r10, r12\n" \
        scale \
        ".endr\n" \
        "    vmov    s3, r10\n" \
        "    vmov    s4, r12\n"

#define LOAD_9(constants, scale) \
        "    ldm     r3!, {r8-r10}\n" \
        constants \
        "    ldm     r3!, {r11, r12}\n" \
        "    vmov    s8, r11\n" \
        "    vmov    s2, r12\n" \
        "    uxtb16  r11, r8\n" \
        "    uxtb16  r12, r8, ror #8\n" \
        "    pkhbt   r4, r11, r12, lsl #16\n" \
        "    pkhtb   r5, r12, r11, asr #16\n" \
        "    pkhbt   r1, r12, r11\n" \
        "    lsr     r12, r12, #16\n" \
        "    uxtb16  r11, r9\n" \
        "    uxtb16  r8, r9, ror #8\n" \
        "    pkhbt   r12, r12, r11, lsl #16\n" \
        "    pkhbt   r6, r11, r8, lsl #16\n" \
        "    pkhtb   r9, r8, r11, asr #16\n" \
        "    pkhbt   r11, r8, r11\n" \
        "    lsr     r8, r8, #16\n" \
        "    pkhbt   r7, r8, r10, lsl #16\n" \
        ".irp pair, r1, r4, r5, r6, r7, r9, r11, r12\n" \
        scale \
        ".endr\n" \
        "    vmov    s3, r1\n" \
        "    vmov    s4, r12\n" \
        "    vmov    s5, r9\n" \
        "    vmov    s6, r11\n"

/* The shift, to r12. */
#define SHIFT_7 "    lsr     r12, r9, #24\n"
#define SHIFT_9 "    uxtb    r12, r10, ror #8\n"

#define FITTED_CONSTANTS(taps)
#define MIXED_CONSTANTS(taps) \
        SHIFT_##taps \
        "    vmov    s0, r12\n"
#define LINEAR_CONSTANTS(taps) \
        SHIFT_##taps \
        "    vmov    s1, r12\n" \
        "    ldr     r12, [r3], #4\n" \
        "    vmov    s0, r12\n"

#define FITTED_SCALE \
        "    lsl     \\pair, \\pair, #8\n"
#define MIXED_SCALE FITTED_SCALE
#define LINEAR_SCALE \
        "    sxtb16  \\pair, \\pair\n" \
        "    sadd16  \\pair, \\pair, \\pair\n"

#else

#define SAME_BEHIND(taps) ((taps) / 2)
#define CAUSAL_BEHIND(taps) 0

#define DW(name, taps, padding, requantizer) \
static void name(sk_streams_t *streams) \
{ \
    sk_plain_streams(streams, SK_REQUANTIZER_##requantizer, taps, padding##_BEHIND(taps)); \
}

#endif

/* The kernel sk_fast_`name` */
#define KERNEL(name, taps, padding, requantizer) \
DW(name, taps, padding, requantizer) \
\
void sk_fast_##name(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out) \
{ \
    static const sk_streamed_t kind = {name, padding##_AHEAD}; \
    sk_run_streams(shape, in, out, &kind); \
}

KERNEL(dw7, 7, SAME, FITTED)
KERNEL(dw7_mixed, 7, SAME, MIXED)
KERNEL(dw7_linear, 7, SAME, LINEAR)
KERNEL(dw9, 9, SAME, FITTED)
KERNEL(dw9_mixed, 9, SAME, MIXED)
KERNEL(dw9_linear, 9, SAME, LINEAR)
KERNEL(dw9_causal, 9, CAUSAL, FITTED)
KERNEL(dw9_causal_mixed, 9, CAUSAL, MIXED)
KERNEL(dw9_causal_linear, 9, CAUSAL, LINEAR)
