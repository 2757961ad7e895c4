#include "sk_depthwise_window.h"

#include "../sk_quant.h"
#include "sk_fit.h"
#include "sk_linear.h"
#include "sk_simd.h"

/* Words of a record before its weights. */
#define HEAD 4

/* Outputs made from one window, a multiple of 4, and the pairs of a stream that they need at most. */
#define BLOCK 48
#define PAIRS (SK_FAST_DW_TAPS / 2 + 1)

/* Rows of one channel, `step` bytes apart. */
typedef struct {
    const int8_t *rows;
    int32_t step, count;
    int32_t pad; /* what stands before and behind */
} stream_t;

/* 2 * twos pairs of rows; returns the row behind them. */
static inline const int8_t *read_twos(const int8_t *from, int32_t step, uint32_t *pairs, int32_t twos)
{
#if SK_HAS_DSP_ASSEMBLY
    /* gcc 12 takes 12 cycles a pair, this 7: see FOURS. */
    int32_t a, b, c, d;
    if (twos > 0) {
        __asm__ volatile(
            "1:  ldrsb   %[a], [%[from]]\n"
            "    ldrsb   %[b], [%[from], %[step]]\n"
            "    ldrsb   %[c], [%[from], %[step], lsl #1]\n"
            "    ldrsb   %[d], [%[from], %[triple]]\n"
            "    subs    %[twos], %[twos], #1\n"
            "    add     %[from], %[from], %[step], lsl #2\n"
            "    pkhbt   %[a], %[a], %[b], lsl #16\n"
            "    pkhbt   %[c], %[c], %[d], lsl #16\n"
            "    str     %[a], [%[pairs]], #4\n"
            "    str     %[c], [%[pairs]], #4\n"
            "    bne     1b\n"
            : [from] "+r"(from), [pairs] "+r"(pairs), [twos] "+r"(twos), [a] "=&r"(a), [b] "=&r"(b), [c] "=&r"(c),
              [d] "=&r"(d)
            : [step] "r"(step), [triple] "r"(3 * step)
            : "cc", "memory");
    }
#else
    for (twos *= 2; twos > 0; twos--, from += 2 * step) {
        *pairs++ = sk_pair(from[0], from[step]);
    }
#endif
    return from;
}

/* `count` pairs of the stream from `row` on. */
static void read_pairs(const stream_t *stream, int32_t row, uint32_t *pairs, int32_t count)
{
    const int32_t step = stream->step, rows = stream->count;
    const uint32_t *const end = pairs + count;

    while (pairs != end) {
        if (row >= 0 && row + 1 < rows) {
            const int32_t inside = (rows - row) / 2, left = (int32_t)(end - pairs);
            const uint32_t *const last = pairs + (inside < left ? inside : left);
            const int8_t *from = stream->rows + row * step;
            row += 2 * (int32_t)(last - pairs);
            from = read_twos(from, step, pairs, (int32_t)(last - pairs) / 2);
            pairs = (uint32_t *)last - (last - pairs) % 2;
            if (pairs != last) {
                *pairs++ = sk_pair(from[0], from[step]);
            }
        } else {
            const int32_t low = row >= 0 && row < rows ? stream->rows[row * step] : stream->pad;
            const int32_t high = row == -1 && rows > 0 ? stream->rows[0] : stream->pad;
            *pairs++ = sk_pair(low, high);
            row += 2;
        }
    }
}

typedef struct {
    int32_t a, b, c, d;
} four_t;

/* Sums of four outputs from pairs + 1 pairs of rows: each pair of weights serves two of them. */
static four_t four_sums(const uint32_t *rows, const int32_t *record, int32_t pairs)
{
    four_t sums = {record[0], record[0], record[0], record[0]};

    for (int32_t p = 0; p < pairs; p++) {
        const uint32_t even = (uint32_t)record[HEAD + 2 * p], odd = (uint32_t)record[HEAD + 2 * p + 1];
        sums.a = sk_smlad(rows[p], even, sums.a);
        sums.b = sk_smlad(rows[p], odd, sums.b);
        sums.c = sk_smlad(rows[p + 1], even, sums.c);
        sums.d = sk_smlad(rows[p + 1], odd, sums.d);
    }
    return sums;
}

/* record: bias, multiplier, zero point, TFLite's shift. */
static int32_t any_result(const sk_fast_dw_t *shape, const int32_t *record, int32_t sum)
{
    const int32_t value = sk_wrap_add(sk_requantize(sum, record[1], record[3]), record[2]);
    return sk_clamp(value, shape->low, shape->high);
}

/* Sums to results. */
static inline four_t finish(const sk_fast_dw_t *shape, const int32_t *record, four_t sums)
{
    const int32_t multiplier = record[1];

    if (shape->requantizer == SK_REQUANTIZER_FITTED) {
        return (four_t){sk_fitted(sums.a, multiplier), sk_fitted(sums.b, multiplier), sk_fitted(sums.c, multiplier),
                        sk_fitted(sums.d, multiplier)};
    }
    if (shape->requantizer == SK_REQUANTIZER_MIXED) {
        const int32_t shift = record[3];
        return (four_t){sk_fitted_by(sums.a, multiplier, shift), sk_fitted_by(sums.b, multiplier, shift),
                        sk_fitted_by(sums.c, multiplier, shift), sk_fitted_by(sums.d, multiplier, shift)};
    }
    if (shape->requantizer == SK_REQUANTIZER_LINEAR) {
        const int32_t rounding = record[2], shift = record[3];
        return (four_t){sk_ssat8(sk_linear(sums.a, multiplier, rounding, shift)),
                        sk_ssat8(sk_linear(sums.b, multiplier, rounding, shift)),
                        sk_ssat8(sk_linear(sums.c, multiplier, rounding, shift)),
                        sk_ssat8(sk_linear(sums.d, multiplier, rounding, shift))};
    }
    return (four_t){any_result(shape, record, sums.a), any_result(shape, record, sums.b),
                    any_result(shape, record, sums.c), any_result(shape, record, sums.d)};
}

#if SK_HAS_DSP_ASSEMBLY

typedef struct {
    const uint32_t *end; /* of the window's rows from which fours of outputs start */
    int32_t pairs, step;
} fours_t;

/*
 * Fours of outputs from rows on, up to fours->end; at least one. In assembly because all 14 registers are needed (gcc 12
 * spills: 17 cycles an output more), and because loads side by side take 1 cycle each. The steps are entered in the middle.
 *
 * r0 rows, r1 weights, r2 out, r3 step; r4-r7 sums; r8 bias, r9 multiplier; r10 and r11 pairs of rows, the upper one in
 * either by turns, at first in both; r12 even, lr odd weights. On the stack: end, bytes of a window, entry.
 */
#define FOURS(name, requantize) \
SK_ASSEMBLY(void name(const uint32_t *rows, const int32_t *record, int8_t *out, const fours_t *fours)) \
{ \
    __asm__ volatile( \
        ".syntax unified\n" \
        ".macro sk_window_step pair, lower, upper\n" \
        "    ldr.w   \\lower, [r0, #4 * \\pair]\n" \
        "    ldr.w   r12, [r1, #8 * \\pair]\n" \
        "    ldr.w   lr, [r1, #8 * \\pair + 4]\n" \
        "    smlad   r4, \\lower, r12, r4\n" \
        "    smlad   r5, \\lower, lr, r5\n" \
        "    smlad   r6, \\upper, r12, r6\n" \
        "    smlad   r7, \\upper, lr, r7\n" \
        ".endm\n" \
        "    push    {r1-r3, r4-r11, lr}\n" \
        "    ldrd    r8, r9, [r1], #16\n" \
        "    ldm     r3, {r4-r6}\n" \
        "    adr.w   r12, 2f\n" \
        "    movs    r7, #28\n" \
        "    mls     r12, r5, r7, r12\n" \
        "    orr     r12, r12, #1\n" \
        "    lsls    r5, r5, #2\n" \
        "    mov     r3, r6\n" \
        "    str     r4, [sp]\n" \
        "    str     r5, [sp, #4]\n" \
        "    str     r12, [sp, #8]\n" \
        "1:  ldr     r12, [sp, #4]\n" \
        "    ldr     r11, [r0, r12]\n" \
        "    mov     r4, r8\n" \
        "    mov     r5, r8\n" \
        "    mov     r6, r8\n" \
        "    mov     r7, r8\n" \
        "    mov     r10, r11\n" \
        "    ldr     pc, [sp, #8]\n" \
        "    .balign 4\n" \
        "15: sk_window_step 4, r10, r11\n" \
        "    sk_window_step 3, r11, r10\n" \
        "    sk_window_step 2, r10, r11\n" \
        "    sk_window_step 1, r11, r10\n" \
        "    sk_window_step 0, r10, r11\n" \
        "2:\n" \
        SK_ASSEMBLY_SIZE("15b", "28 * 5") \
        requantize \
        "    adds    r0, r0, #8\n" \
        "    strb    r4, [r2]\n" \
        "    add     r2, r2, r3\n" \
        "    strb    r5, [r2]\n" \
        "    add     r2, r2, r3\n" \
        "    strb    r6, [r2]\n" \
        "    add     r2, r2, r3\n" \
        "    strb    r7, [r2]\n" \
        "    ldr     r12, [sp]\n" \
        "    add     r2, r2, r3\n" \
        "    cmp     r0, r12\n" \
        "    bne     1b\n" \
        "    add     sp, sp, #12\n" \
        "    pop     {r4-r11, pc}\n" \
        ".purgem sk_window_step\n" \
        : \
        : [shift] "i"(SK_FIT_SHIFT)); \
} \
SK_ASSEMBLY_END

FOURS(fitted_fours,
        "    smmul   r4, r4, r9\n"
        "    smmul   r5, r5, r9\n"
        "    smmul   r6, r6, r9\n"
        "    smmul   r7, r7, r9\n"
        "    ssat    r4, #8, r4, asr %[shift]\n"
        "    ssat    r5, #8, r5, asr %[shift]\n"
        "    ssat    r6, #8, r6, asr %[shift]\n"
        "    ssat    r7, #8, r7, asr %[shift]\n")

/* r10 shift */
FOURS(mixed_fours,
        "    ldr     r10, [r1, #-4]\n"
        "    .irp    sum, r4, r5, r6, r7\n"
        "    smmul   \\sum, \\sum, r9\n"
        "    asr     \\sum, \\sum, r10\n"
        "    ssat    \\sum, #8, \\sum\n"
        "    .endr\n")

/* sk_linear.h: r10 rounding, r11 shift */
FOURS(linear_fours,
        "    ldr     r10, [r1, #-8]\n"
        "    ldr     r11, [r1, #-4]\n"
        "    .irp    sum, r4, r5, r6, r7\n"
        "    smmulr  \\sum, \\sum, r9\n"
        "    add     \\sum, \\sum, \\sum, asr #31\n"
        "    add     \\sum, \\sum, r10\n"
        "    asr     \\sum, \\sum, r11\n"
        "    ssat    \\sum, #8, \\sum\n"
        "    .endr\n")

#endif

/* `fours` times four outputs, step bytes apart, from rows on. */
static void make_fours(const sk_fast_dw_t *shape, const int32_t *record, const uint32_t *rows, int32_t pairs, int8_t *out,
                       int32_t step, int32_t fours)
{
#if SK_HAS_DSP_ASSEMBLY
    if (shape->requantizer != SK_REQUANTIZER_TFLITE) {
        static void (*const from_linear[])(const uint32_t *, const int32_t *, int8_t *, const fours_t *) = {
            linear_fours, fitted_fours, 0, mixed_fours};
        const fours_t run = {rows + 2 * fours, pairs, step};
        from_linear[shape->requantizer - SK_REQUANTIZER_LINEAR](rows, record, out, &run);
        return;
    }
#endif
    for (; fours > 0; fours--, rows += 2, out += 4 * step) {
        const four_t results = finish(shape, record, four_sums(rows, record, pairs));
        out[0] = (int8_t)results.a;
        out[step] = (int8_t)results.b;
        out[2 * step] = (int8_t)results.c;
        out[3 * step] = (int8_t)results.d;
    }
}

/* All outputs of one channel and residue: `count` of them, step bytes apart. row: of the first tap of the first. */
static void dw_stream(const sk_fast_dw_t *shape, const int32_t *record, const stream_t *in, int32_t row, int8_t *out,
                      int32_t count)
{
    const int32_t pairs = shape->taps / 2 + 1, step = in->step;
    uint32_t window[BLOCK / 2 + PAIRS], *fresh = window; /* behind the pairs kept from the last block */

    for (;;) {
        const int32_t fours = count < BLOCK ? count / 4 : BLOCK / 4, rest = count < BLOCK ? count % 4 : 0;
        uint32_t *const behind = window + 2 * fours, *const end = behind + pairs - 1 + (rest > 0 ? 2 : 0);

        read_pairs(in, row, fresh, (int32_t)(end - fresh));
        row += 2 * (int32_t)(end - fresh);
        if (fours > 0) {
            make_fours(shape, record, window, pairs, out, step, fours);
            out += 4 * fours * step;
            count -= 4 * fours;
        }
        if (rest > 0) {
            int8_t four[4];
            make_fours(shape, record, behind, pairs, four, 1, 1);
            for (int32_t i = 0; i < rest; i++, out += step) {
                *out = four[i];
            }
        }
        if (count <= rest) {
            return;
        }
        fresh = window;
        for (const uint32_t *kept = behind; kept != end;) {
            *fresh++ = *kept++;
        }
    }
}

void sk_fast_dw(const sk_fast_dw_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t rows = shape->rows, channels = shape->channels, dilation = shape->dilation;
    const int32_t words = HEAD + 2 * (shape->taps / 2 + 1);

    for (int32_t first = 0; first < dilation && first < rows; first++) {
        /* the output's row `first` starts at input row first - padding, which is row `row` of residue `source` */
        const int32_t source = (first + dilation * shape->padding - shape->padding) % dilation;
        const int32_t row = (first - shape->padding - source) / dilation;
        const int32_t count = (rows - first - 1) / dilation + 1;
        const int32_t there = source < rows ? (rows - source - 1) / dilation + 1 : 0;
        stream_t stream = {in + source * channels, channels * dilation, there, shape->pad};
        const int32_t *record = shape->records;

        for (int32_t channel = 0; channel < channels; channel++, record += words, stream.rows++) {
            dw_stream(shape, record, &stream, row, out + first * channels + channel, count);
        }
    }
}
