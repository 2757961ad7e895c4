#include "sk_fast_depthwise.h"

#include <stddef.h>
#include <string.h>

#include "sk_fit.h"
#include "sk_linear.h"
#include "sk_simd.h"

/* Streams of one channel with the same number of rows. */
typedef struct {
    int32_t step;       /* bytes from one row of a stream to its next */
    int32_t channels;   /* bytes from a stream to the next stream */
    uint32_t pad;       /* pair of the input's zero point */
    int32_t count;      /* rows of each stream */
    int32_t main_bytes; /* bytes from a stream's first row to the row where the unrolled loop ends */
    int32_t main_phase; /* pairs of the unrolled loop modulo 3; -1: none */
} dw5_streams_t;

/* Words of a channel's record. */
#define FITTED 4
#define LINEAR 5

#if SK_HAS_DSP_ASSEMBLY

/*
 * A channel's streams, of at least 4 rows each. In assembly because gcc 12 keeps only 8 of the 14 live values in
 * registers (20 cycles an output; this is 9.2 in the loop) and cannot rotate the three pairs by unrolling.
 *
 * r0 row, r1 step, r2 bias, r3 multiplier, r4 (w0,w1), r5 (w2,w3), r6 (w1,w2), r7 (w3,w4); r8, r9, r10 three pairs in
 * a row; r11, r12 even and odd output; lr end of the loop. On the stack: row, dw5_streams_t, streams left.
 * `requantize` is what turns the sums in r11 and r12 into results; \\before is free for it.
 */
#define DW5_CHANNEL(name, load, requantize) \
SK_ASSEMBLY(void name(const int32_t *record, int8_t *row, const dw5_streams_t *streams, int32_t count)) \
{ \
    __asm__ volatile( \
        ".syntax unified\n" \
        ".macro sk_dw5_outputs before, now, after\n" \
        "    smlad   r11, \\before, r4, r2\n" \
        "    smlatb  r12, \\before, r4, r2\n" \
        "    smlad   r11, \\now, r5, r11\n" \
        "    smlad   r12, \\now, r6, r12\n" \
        "    smlabt  r11, \\after, r7, r11\n" \
        "    smlad   r12, \\after, r7, r12\n" \
        requantize \
        ".endm\n" \
        ".macro sk_dw5_pair before, now, after\n" \
        "    sk_dw5_outputs \\before, \\now, \\after\n" \
        "    strb    r11, [r0]\n" \
        "    ldrsb   \\before, [r0, r1, lsl #2]\n" \
        "    add     r0, r0, r1\n" \
        "    strb    r12, [r0]\n" \
        "    ldrsb   r11, [r0, r1, lsl #2]\n" \
        "    add     r0, r0, r1\n" \
        "    pkhbt   \\before, \\before, r11, lsl #16\n" \
        ".endm\n" \
        ".macro sk_dw5_store_pair\n" \
        "    strb    r11, [r0]\n" \
        "    strb    r12, [r0, r1]\n" \
        "    add     r0, r0, r1, lsl #1\n" \
        ".endm\n" \
        "    push    {r1, r2, r3, r4-r11, lr}\n" \
        "    mov     r12, r2\n" \
        load \
        "1:  ldr     r0, [sp]\n" \
        "    ldr     r1, [r12, %[step]]\n" \
        "    ldr     r8, [r12, %[pad]]\n" \
        "    ldr     lr, [r12, %[main_bytes]]\n" \
        "    ldr     r12, [r12, %[main_phase]]\n" \
        "    ldrsb   r9, [r0]\n" \
        "    ldrsb   r11, [r0, r1]\n" \
        "    add     lr, lr, r0\n" \
        "    pkhbt   r9, r9, r11, lsl #16\n" \
        "    add     r11, r0, r1, lsl #1\n" \
        "    ldrsb   r10, [r11]\n" \
        "    ldrsb   r11, [r11, r1]\n" \
        "    cmp     r12, #1\n" \
        "    pkhbt   r10, r10, r11, lsl #16\n" \
        "    bhi     3f\n" /* 2 or -1 */ \
        "    blo     5f\n" \
        "    mov     r11, r10\n" \
        "    mov     r10, r8\n" \
        "    mov     r8, r9\n" \
        "    mov     r9, r11\n" \
        "    b       7f\n" \
        "3:  cmp     r12, #2\n" \
        "    bne     8f\n" \
        "    mov     r11, r8\n" \
        "    mov     r8, r10\n" \
        "    mov     r10, r9\n" \
        "    mov     r9, r11\n" \
        "    b       6f\n" \
        "5:  sk_dw5_pair r8, r9, r10\n" \
        "6:  sk_dw5_pair r9, r10, r8\n" \
        "7:  sk_dw5_pair r10, r8, r9\n" \
        "    cmp     r0, lr\n" \
        "    bne     5b\n" \
        /* The last 4 rows, or 5: the pairs run out of the stream. */ \
        "8:  ldr     lr, [sp, #4]\n" \
        "    ldr     r12, [lr, %[count]]\n" \
        "    ldr     lr, [lr, %[pad]]\n" \
        "    lsls    r12, r12, #31\n" \
        "    beq     9f\n" \
        "    sk_dw5_outputs r8, r9, r10\n" \
        "    mov     r8, r9\n" \
        "    mov     r9, r10\n" \
        "    ldrsb   r10, [r0, r1, lsl #2]\n" \
        "    pkhbt   r10, r10, lr, lsl #16\n" \
        "    sk_dw5_store_pair\n" \
        "9:  sk_dw5_outputs r8, r9, r10\n" \
        "    sk_dw5_store_pair\n" \
        "    sk_dw5_outputs r9, r10, lr\n" \
        "    strb    r11, [r0]\n" \
        "    it      eq\n" \
        "    strbeq  r12, [r0, r1]\n" \
        "    ldr     r12, [sp, #4]\n" \
        "    ldr     r0, [sp]\n" \
        "    ldr     r1, [r12, %[channels]]\n" \
        "    ldr     r11, [sp, #8]\n" \
        "    add     r0, r0, r1\n" \
        "    subs    r11, r11, #1\n" \
        "    str     r0, [sp]\n" \
        "    str     r11, [sp, #8]\n" \
        "    bne     1b\n" \
        "    add     sp, sp, #12\n" \
        "    pop     {r4-r11, pc}\n" \
        ".purgem sk_dw5_outputs\n" \
        ".purgem sk_dw5_pair\n" \
        ".purgem sk_dw5_store_pair\n" \
        : \
        : [shift] "i"(SK_FIT_SHIFT), [step] "i"(offsetof(dw5_streams_t, step)), \
          [channels] "i"(offsetof(dw5_streams_t, channels)), [pad] "i"(offsetof(dw5_streams_t, pad)), \
          [count] "i"(offsetof(dw5_streams_t, count)), [main_bytes] "i"(offsetof(dw5_streams_t, main_bytes)), \
          [main_phase] "i"(offsetof(dw5_streams_t, main_phase))); \
} \
SK_ASSEMBLY_END

/* The five weights are bytes: w0 to w3 in the third word, w4 in the fourth; times 256 as halves of words. */
DW5_CHANNEL(dw5_channel,
        "    ldm     r0, {r2, r3, r4, r7}\n"
        "    uxtb16  r8, r4\n"
        "    uxtb16  r9, r4, ror #8\n"
        "    pkhbt   r4, r8, r9, lsl #16\n"
        "    pkhtb   r5, r9, r8, asr #16\n"
        "    pkhbt   r6, r9, r8\n"
        "    lsr     r9, r9, #16\n"
        "    pkhbt   r7, r9, r7, lsl #16\n"
        "    lsl     r4, r4, #8\n"
        "    lsl     r5, r5, #8\n"
        "    lsl     r6, r6, #8\n"
        "    lsl     r7, r7, #8\n",
        "    smmul   r11, r11, r3\n"
        "    smmul   r12, r12, r3\n"
        "    ssat    r11, #8, r11, asr %[shift]\n"
        "    ssat    r12, #8, r12, asr %[shift]\n")

/* sk_linear.h: s0 rounding, s1 shift */
DW5_CHANNEL(dw5_linear_channel,
        "    ldm     r0, {r2, r3, r4, r7, r8}\n"
        "    uxtb    r9, r7, ror #8\n"
        "    vmov    s0, r8\n"
        "    vmov    s1, r9\n"
        "    sxtb16  r8, r4\n"
        "    sxtb16  r9, r4, ror #8\n"
        "    sadd16  r8, r8, r8\n"
        "    sadd16  r9, r9, r9\n"
        "    pkhbt   r4, r8, r9, lsl #16\n"
        "    pkhtb   r5, r9, r8, asr #16\n"
        "    pkhbt   r6, r9, r8\n"
        "    lsr     r9, r9, #16\n"
        "    sxtb    r7, r7\n"
        "    pkhbt   r7, r9, r7, lsl #17\n",
        "    smmulr  r11, r11, r3\n"
        "    smmulr  r12, r12, r3\n"
        "    vmov    \\before, s0\n"
        "    add     r11, r11, r11, asr #31\n"
        "    add     r12, r12, r12, asr #31\n"
        "    add     r11, r11, \\before\n"
        "    add     r12, r12, \\before\n"
        "    vmov    \\before, s1\n"
        "    asr     r11, r11, \\before\n"
        "    asr     r12, r12, \\before\n"
        "    ssat    r11, #8, r11\n"
        "    ssat    r12, #8, r12\n")

#else

/* One stream of a channel: count rows, step bytes apart. words: FITTED or LINEAR. */
static void dw5_stream(const int32_t *record, int32_t words, int8_t *row, int32_t step, int32_t count, uint32_t pad)
{
    const uint32_t first = (uint32_t)record[2], last = (uint32_t)record[3];
    const int32_t scale = words == FITTED ? SK_FIT_SCALE : 2, shift = last >> 8 & 0xFFu;
    uint32_t before = pad, now = pad, pairs[4]; /* (w0,w1) (w2,w3) (w1,w2) (w3,w4) */
    int32_t w[5];

    for (int32_t tap = 0; tap < 5; tap++) {
        w[tap] = scale * (int8_t)(tap < 4 ? first >> 8 * tap & 0xFFu : last & 0xFFu);
    }
    for (int32_t pair = 0; pair < 4; pair++) {
        const int32_t tap = pair < 2 ? 2 * pair : 2 * pair - 3;
        pairs[pair] = sk_pair(w[tap], w[tap + 1]);
    }
    for (int32_t j = -2; j < count; j += 2) {
        const int32_t low = j + 2 < count ? row[(j + 2) * step] : sk_low(pad);
        const int32_t high = j + 3 < count ? row[(j + 3) * step] : sk_low(pad);
        const uint32_t after = sk_pair(low, high);
        if (j >= 0) {
            int32_t sums[2] = {sk_smlad(before, pairs[0], record[0]), sk_smlatb(before, pairs[0], record[0])};
            sums[0] = sk_smlabt(after, pairs[3], sk_smlad(now, pairs[1], sums[0]));
            sums[1] = sk_smlad(after, pairs[3], sk_smlad(now, pairs[2], sums[1]));
            for (int32_t odd = 0; odd < 2 && j + odd < count; odd++) {
                row[(j + odd) * step] = (int8_t)(words == FITTED
                                                     ? sk_fitted(sums[odd], record[1])
                                                     : sk_ssat8(sk_linear(sums[odd], record[1], record[4], shift)));
            }
        }
        before = now;
        now = after;
    }
}

static void dw5_channel(const int32_t *record, int8_t *row, const dw5_streams_t *streams, int32_t count)
{
    for (; count > 0; count--, row += streams->channels) {
        dw5_stream(record, FITTED, row, streams->step, streams->count, streams->pad);
    }
}

static void dw5_linear_channel(const int32_t *record, int8_t *row, const dw5_streams_t *streams, int32_t count)
{
    for (; count > 0; count--, row += streams->channels) {
        dw5_stream(record, LINEAR, row, streams->step, streams->count, streams->pad);
    }
}

#endif

/* All channels of the rows whose index modulo the dilation is in [first, first + residues): count rows each. */
static void dw5_residues(const sk_fast_dw5_t *shape, int32_t words, int8_t *x, int32_t first, int32_t residues,
                         int32_t count)
{
    const int32_t step = (int32_t)shape->channels * shape->dilation;
    const int32_t pairs = (count - 4) / 2; /* with both rows of the pair after next inside */
    const dw5_streams_t streams = {step, shape->channels, sk_pair(shape->pad, shape->pad), count, 2 * pairs * step,
                                   pairs > 0 ? pairs % 3 : -1};
    const int32_t *record = shape->records;
    int8_t *row = x + first * shape->channels;

    if (residues == 0) {
        return;
    }
    for (int32_t channel = 0; channel < shape->channels; channel++, record += words, row++) {
        if (words == FITTED) {
            dw5_channel(record, row, &streams, residues);
        } else {
            dw5_linear_channel(record, row, &streams, residues);
        }
    }
}

static void dw5(const sk_fast_dw5_t *shape, int32_t words, const int8_t *in, int8_t *out)
{
    const int32_t count = shape->rows / shape->dilation, longer = shape->rows % shape->dilation;

    if (in != out) {
        memcpy(out, in, (size_t)shape->rows * shape->channels);
    }
    dw5_residues(shape, words, out, 0, longer, count + 1);
    dw5_residues(shape, words, out, longer, shape->dilation - longer, count);
}

void sk_fast_dw5(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    dw5(shape, FITTED, in, out);
}

void sk_fast_dw5_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    dw5(shape, LINEAR, in, out);
}
