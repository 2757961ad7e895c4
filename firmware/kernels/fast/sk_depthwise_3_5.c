#include "sk_depthwise_3_5.h"

#include "sk_streams.h"

/* Rows read before the loop: those of a stream's first pairs that have input. */
#define SAME 4
#define CAUSAL 2

#if SK_HAS_DSP_ASSEMBLY

/*
 * Streams of at least SK_FAST_DW5_STREAM rows. In assembly because gcc 12 keeps only 8 of the 14 live values in
 * registers (20 cycles an output; this is 9.2 in the loop) and cannot rotate the three pairs by unrolling.
 *
 * r0 row, r1 step, r2 and r3 even and odd output, r4 (w0,w1), r5 (w2,w3), r6 (w1,w2), r7 (w3,w4); r8, r9, r10 three
 * pairs in a row; r11 bias, r12 multiplier, lr end of the loop. `rows` is DW5_SAME or DW5_CAUSAL.
 */
#define DW5(name, rows, load, requantize) SK_STREAMS(name, MACROS(SUMS_5, requantize), load, rows PURGE)

/* The same of three taps: r4 (w0,w1), r5 (w1,w2). */
#define DW3(name, load, requantize) SK_STREAMS(name, MACROS(SUMS_3, requantize), load, DW5_SAME PURGE)

#define SUMS_5 \
        "    smlad   r2, \\before, r4, r11\n" \
        "    smlatb  r3, \\before, r4, r11\n" \
        "    smlad   r2, \\now, r5, r2\n" \
        "    smlad   r3, \\now, r6, r3\n" \
        "    smlabt  r2, \\after, r7, r2\n" \
        "    smlad   r3, \\after, r7, r3\n"

#define SUMS_3 \
        "    smlatb  r2, \\before, r4, r11\n" \
        "    smlad   r3, \\now, r4, r11\n" \
        "    smlad   r2, \\now, r5, r2\n" \
        "    smlabt  r3, \\after, r5, r3\n"

#define MACROS(sums, requantize) \
        ".macro sk_dw5_outputs before, now, after\n" \
        sums \
        requantize \
        ".endm\n" \
        ".macro sk_dw5_pair before, now, after, ahead\n" \
        "    sk_dw5_outputs \\before, \\now, \\after\n" \
        "    ldrsb   \\before, [r0, r1, lsl #\\ahead]\n" /* a load overlaps the store behind it */ \
        "    strb    r2, [r0]\n" \
        "    add     r0, r0, r1\n" \
        "    ldrsb   r2, [r0, r1, lsl #\\ahead]\n" \
        "    strb    r3, [r0]\n" \
        "    add     r0, r0, r1\n" \
        "    pkhbt   \\before, \\before, r2, lsl #16\n" \
        ".endm\n" \
        ".macro sk_dw5_store_pair\n" \
        "    strb    r2, [r0]\n" \
        "    strb    r3, [r0, r1]\n" \
        "    add     r0, r0, r1, lsl #1\n" \
        ".endm\n"

#define PURGE \
        ".purgem sk_dw5_outputs\n" \
        ".purgem sk_dw5_pair\n" \
        ".purgem sk_dw5_store_pair\n"

/*
 * The flags tell the entry: for 1 the pairs are where they shall be, else they move. Last come the 4 or 5 last rows: the
 * flag is EQ for 4, MI for 5 and neither for the 3 behind the first 2 of 5.
 */
#define DW5_SAME \
        "    add     r3, r1, r1, lsl #1\n" \
        "    ldrsb   r9, [r0]\n" \
        "    ldrsb   r2, [r0, r1]\n" \
        "    ldrsb   r10, [r0, r1, lsl #1]\n" \
        "    ldrsb   r3, [r0, r3]\n" \
        "    pkhbt   r9, r9, r2, lsl #16\n" \
        "    pkhbt   r10, r10, r3, lsl #16\n" \
        "    beq     6f\n" \
        "    mov     r2, r8\n" \
        "    mov     r3, r9\n" \
        "    blt     3f\n" \
        "    mov     r9, r10\n" /* 2 */ \
        "    mov     r10, r2\n" \
        "    mov     r8, r3\n" \
        "    b       5f\n" \
        "10: cmp     r1, #0\n" /* from below */ \
        "    mov     r9, r10\n" \
        "    mov     r10, r8\n" \
        "    ldrsb   r8, [r0, r1, lsl #1]\n" \
        "    pkhbt   r8, r8, lr, lsl #16\n" \
        "    b       8f\n" \
        "3:  mov     r8, r10\n" /* 0 or -1 */ \
        "    mov     r9, r2\n" \
        "    mov     r10, r3\n" \
        "    bhi     7f\n" \
        "    .balign 4\n" \
        "4:  sk_dw5_pair r9, r10, r8, 2\n" \
        "5:  sk_dw5_pair r10, r8, r9, 2\n" \
        "6:  sk_dw5_pair r8, r9, r10, 2\n" \
        "    cmp     r0, lr\n" \
        "    bne     4b\n" \
        "7:  ldr     r2, [sp]\n" \
        "    ldr     r3, [r2, %[count]]\n" \
        "    ldr     lr, [r2, %[pad]]\n" \
        "    lsls    r3, r3, #31\n" \
        "8:  sk_dw5_outputs r9, r10, r8\n" \
        "    sk_dw5_store_pair\n" \
        "    bmi     10b\n" \
        "    sk_dw5_outputs r10, r8, lr\n" \
        "    strb    r2, [r0]\n" \
        "    it      eq\n" \
        "    strbeq  r3, [r0, r1]\n"

/* An output is DW5_SAME's of two rows before, so that the loop reads two rows less ahead. Last come the 2 or 3 last rows. */
#define DW5_CAUSAL \
        "    ldrsb   r10, [r0]\n" \
        "    ldrsb   r2, [r0, r1]\n" \
        "    mov     r9, r8\n" \
        "    pkhbt   r10, r10, r2, lsl #16\n" \
        "    beq     5f\n" \
        "    blt     3f\n" \
        "    mov     r8, r10\n" /* 2 */ \
        "    mov     r10, r9\n" \
        "    b       6f\n" \
        "3:  mov     r9, r10\n" /* 0 or -1 */ \
        "    mov     r10, r8\n" \
        "    bhi     7f\n" \
        "    .balign 4\n" \
        "4:  sk_dw5_pair r10, r8, r9, 1\n" \
        "5:  sk_dw5_pair r8, r9, r10, 1\n" \
        "6:  sk_dw5_pair r9, r10, r8, 1\n" \
        "    cmp     r0, lr\n" \
        "    bne     4b\n" \
        "7:  sk_dw5_outputs r10, r8, r9\n" \
        "    sk_dw5_store_pair\n" \
        "    ldr     r2, [sp]\n" \
        "    ldr     r3, [r2, %[count]]\n" \
        "    lsls    r3, r3, #31\n" \
        "    beq     9f\n" \
        "    ldrsb   r10, [r0]\n" \
        "    sk_dw5_outputs r8, r9, r10\n" \
        "    strb    r2, [r0]\n"

/* The five weights are bytes: w0 to w3 in the first word, w4 in the second; times 256 as halves of words. */
#define FITTED_LOAD MIXED_LOAD("")
#define MIXED_LOAD(shift) \
        "    ldm     r3!, {r4, r7, r11, r12}\n" \
        shift \
        "    uxtb16  r8, r4\n" \
        "    uxtb16  r9, r4, ror #8\n" \
        "    pkhbt   r4, r8, r9, lsl #16\n" \
        "    pkhtb   r5, r9, r8, asr #16\n" \
        "    pkhbt   r6, r9, r8\n" \
        "    lsr     r9, r9, #16\n" \
        "    pkhbt   r7, r9, r7, lsl #16\n" \
        "    lsls    r4, r4, #8\n" \
        "    lsls    r5, r5, #8\n" \
        "    lsls    r6, r6, #8\n" \
        "    lsls    r7, r7, #8\n"

/* The channel's shift is in the second word's second byte. */
#define MIXED_SHIFT \
        "    uxtb    r8, r7, ror #8\n" \
        "    vmov    s0, r8\n"

#define LINEAR_LOAD \
        "    ldm     r3!, {r4, r7, r8, r11, r12}\n" \
        "    uxtb    r9, r7, ror #8\n" \
        "    vmov    s0, r8\n" \
        "    vmov    s1, r9\n" \
        "    sxtb16  r8, r4\n" \
        "    sxtb16  r9, r4, ror #8\n" \
        "    sadd16  r8, r8, r8\n" \
        "    sadd16  r9, r9, r9\n" \
        "    pkhbt   r4, r8, r9, lsl #16\n" \
        "    pkhtb   r5, r9, r8, asr #16\n" \
        "    pkhbt   r6, r9, r8\n" \
        "    lsr     r9, r9, #16\n" \
        "    sxtb    r7, r7\n" \
        "    pkhbt   r7, r9, r7, lsl #17\n"

/* Of three taps, the shift in the fourth byte. */
#define DW3_LOAD(shift) \
        "    ldm     r3!, {r4, r11, r12}\n" \
        shift \
        DW3_PAIRS(uxtb16) \
        "    lsl     r4, r4, #8\n" \
        "    lsl     r5, r5, #8\n"

#define DW3_PAIRS(extend) \
        "    " #extend "  r8, r4\n" \
        "    " #extend "  r9, r4, ror #8\n" \
        "    pkhbt   r4, r8, r9, lsl #16\n" \
        "    pkhbt   r5, r9, r8\n"

#define DW3_MIXED_SHIFT \
        "    lsr     r8, r4, #24\n" \
        "    vmov    s0, r8\n"

#define DW3_LINEAR_LOAD \
        "    ldm     r3!, {r4, r8, r11, r12}\n" \
        "    lsr     r9, r4, #24\n" \
        "    vmov    s0, r8\n" \
        "    vmov    s1, r9\n" \
        DW3_PAIRS(sxtb16) \
        "    sadd16  r4, r4, r4\n" \
        "    sadd16  r5, r5, r5\n"

DW5(dw5_fitted, DW5_SAME, FITTED_LOAD, SK_FITTED_END)
DW5(dw5_mixed, DW5_SAME, MIXED_LOAD(MIXED_SHIFT), SK_MIXED_END)
DW5(dw5_linear, DW5_SAME, LINEAR_LOAD, SK_LINEAR_END)
DW5(dw5_causal, DW5_CAUSAL, FITTED_LOAD, SK_FITTED_END)
DW5(dw5_causal_mixed, DW5_CAUSAL, MIXED_LOAD(MIXED_SHIFT), SK_MIXED_END)
DW5(dw5_causal_linear, DW5_CAUSAL, LINEAR_LOAD, SK_LINEAR_END)
DW3(dw3_fitted, DW3_LOAD(""), SK_FITTED_END)
DW3(dw3_mixed, DW3_LOAD(DW3_MIXED_SHIFT), SK_MIXED_END)
DW3(dw3_linear, DW3_LINEAR_LOAD, SK_LINEAR_END)

#else

#define DW(name, taps, behind, requantizer) \
static void name(sk_streams_t *streams) \
{ \
    sk_plain_streams(streams, requantizer, taps, behind); \
}

DW(dw5_fitted, 5, 2, SK_REQUANTIZER_FITTED)
DW(dw5_mixed, 5, 2, SK_REQUANTIZER_MIXED)
DW(dw5_linear, 5, 2, SK_REQUANTIZER_LINEAR)
DW(dw5_causal, 5, 0, SK_REQUANTIZER_FITTED)
DW(dw5_causal_mixed, 5, 0, SK_REQUANTIZER_MIXED)
DW(dw5_causal_linear, 5, 0, SK_REQUANTIZER_LINEAR)
DW(dw3_fitted, 3, 1, SK_REQUANTIZER_FITTED)
DW(dw3_mixed, 3, 1, SK_REQUANTIZER_MIXED)
DW(dw3_linear, 3, 1, SK_REQUANTIZER_LINEAR)

#endif

void sk_fast_dw5(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw5_fitted, SAME};
    sk_run_streams(shape, in, out, &kind);
}

void sk_fast_dw5_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw5_mixed, SAME};
    sk_run_streams(shape, in, out, &kind);
}

void sk_fast_dw5_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw5_linear, SAME};
    sk_run_streams(shape, in, out, &kind);
}

void sk_fast_dw5_causal(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw5_causal, CAUSAL};
    sk_run_streams(shape, in, out, &kind);
}

void sk_fast_dw5_causal_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw5_causal_mixed, CAUSAL};
    sk_run_streams(shape, in, out, &kind);
}

void sk_fast_dw5_causal_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw5_causal_linear, CAUSAL};
    sk_run_streams(shape, in, out, &kind);
}

void sk_fast_dw3(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw3_fitted, SAME};
    sk_run_streams(shape, in, out, &kind);
}

void sk_fast_dw3_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw3_mixed, SAME};
    sk_run_streams(shape, in, out, &kind);
}

void sk_fast_dw3_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const sk_streamed_t kind = {dw3_linear, SAME};
    sk_run_streams(shape, in, out, &kind);
}
