#include "sk_fast_depthwise.h"

#include <stddef.h>
#include <string.h>

#include "sk_fit.h"
#include "sk_linear.h"
#include "sk_simd.h"

/* Rows read before the first output is made: those of a stream's first pairs that have input. */
#define SAME 4
#define CAUSAL 2

/* The streams of all channels that have the same number of rows. The first five fields are loaded at once. */
typedef struct {
    int8_t *row;        /* first one of the stream at hand */
    int32_t step;       /* bytes from one row of a stream to its next */
    int32_t entry;      /* into the unrolled loop, 0 to 2, 1 the shortest way; -1: past it */
    uint32_t pad;       /* pair of the input's zero point */
    int32_t main_bytes; /* bytes from a stream's first row to the row where the unrolled loop ends */

    const int32_t *record; /* of the channel to come */
    int32_t streams;       /* of a channel */
    int32_t streams_left;  /* of the channel at hand */
    int32_t channels_left;
    int32_t channels; /* bytes from a stream to the next */
    int32_t turn;     /* from behind a channel's last stream to the next channel's first */
    int32_t count;    /* rows of each stream */
} dw5_streams_t;

#if SK_HAS_DSP_ASSEMBLY

/*
 * Streams of at least SK_FAST_DW5_STREAM rows. In assembly because gcc 12 keeps only 8 of the 14 live values in
 * registers (20 cycles an output; this is 9.2 in the loop) and cannot rotate the three pairs by unrolling.
 *
 * r0 row, r1 step, r2 and r3 even and odd output, r4 (w0,w1), r5 (w2,w3), r6 (w1,w2), r7 (w3,w4); r8, r9, r10 three
 * pairs in a row; r11 bias, r12 multiplier, lr end of the loop. On the stack: dw5_streams_t.
 * `rows` is DW5_SAME or DW5_CAUSAL. `load` reads a record behind r3. `requantize` is what turns the sums in r2 and r3
 * into results; \\before is free for it.
 */
#define DW5(name, rows, load, requantize) \
SK_ASSEMBLY(void name(dw5_streams_t *streams)) \
{ \
    __asm__ volatile( \
        ".syntax unified\n" \
        ".macro sk_dw5_outputs before, now, after\n" \
        "    smlad   r2, \\before, r4, r11\n" \
        "    smlatb  r3, \\before, r4, r11\n" \
        "    smlad   r2, \\now, r5, r2\n" \
        "    smlad   r3, \\now, r6, r3\n" \
        "    smlabt  r2, \\after, r7, r2\n" \
        "    smlad   r3, \\after, r7, r3\n" \
        requantize \
        ".endm\n" \
        ".macro sk_dw5_pair before, now, after, ahead\n" \
        "    sk_dw5_outputs \\before, \\now, \\after\n" \
        "    strb    r2, [r0]\n" \
        "    ldrsb   \\before, [r0, r1, lsl #\\ahead]\n" \
        "    add     r0, r0, r1\n" \
        "    strb    r3, [r0]\n" \
        "    ldrsb   r2, [r0, r1, lsl #\\ahead]\n" \
        "    add     r0, r0, r1\n" \
        "    pkhbt   \\before, \\before, r2, lsl #16\n" \
        ".endm\n" \
        ".macro sk_dw5_store_pair\n" \
        "    strb    r2, [r0]\n" \
        "    strb    r3, [r0, r1]\n" \
        "    add     r0, r0, r1, lsl #1\n" \
        ".endm\n" \
        "    push    {r0, r4-r11, lr}\n" \
        "    mov     r2, r0\n" \
        "1:  ldr     r3, [r2, %[record]]\n" \
        "    ldr     r0, [r2, %[streams]]\n" \
        load \
        "    str     r3, [r2, %[record]]\n" \
        "    str     r0, [r2, %[streams_left]]\n" \
        "2:  ldm     r2, {r0, r1, r3, r8, lr}\n" \
        "    cmp     r3, #1\n" \
        "    add     lr, lr, r0\n" \
        rows \
        "9:  ldr     r2, [sp]\n" \
        "    ldr     r0, [r2]\n" \
        "    ldr     r1, [r2, %[channels]]\n" \
        "    ldr     r3, [r2, %[streams_left]]\n" \
        "    add     r0, r0, r1\n" \
        "    subs    r3, r3, #1\n" \
        "    str     r0, [r2]\n" \
        "    str     r3, [r2, %[streams_left]]\n" \
        "    bne     2b\n" \
        "    ldr     r1, [r2, %[turn]]\n" \
        "    ldr     r3, [r2, %[channels_left]]\n" \
        "    add     r0, r0, r1\n" \
        "    subs    r3, r3, #1\n" \
        "    str     r0, [r2]\n" \
        "    str     r3, [r2, %[channels_left]]\n" \
        "    bne     1b\n" \
        "    pop     {r0, r4-r11, pc}\n" \
        ".purgem sk_dw5_outputs\n" \
        ".purgem sk_dw5_pair\n" \
        ".purgem sk_dw5_store_pair\n" \
        : \
        : [shift] "i"(SK_FAST_DW5_SHIFT), [pad] "i"(offsetof(dw5_streams_t, pad)), \
          [record] "i"(offsetof(dw5_streams_t, record)), [streams] "i"(offsetof(dw5_streams_t, streams)), \
          [streams_left] "i"(offsetof(dw5_streams_t, streams_left)), \
          [channels_left] "i"(offsetof(dw5_streams_t, channels_left)), \
          [channels] "i"(offsetof(dw5_streams_t, channels)), [turn] "i"(offsetof(dw5_streams_t, turn)), \
          [count] "i"(offsetof(dw5_streams_t, count))); \
} \
SK_ASSEMBLY_END

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

#define FITTED_END \
        "    smmul   r2, r2, r12\n" \
        "    smmul   r3, r3, r12\n" \
        "    ssat    r2, #8, r2, asr %[shift]\n" \
        "    ssat    r3, #8, r3, asr %[shift]\n"

/* s0: the channel's shift, which is in the second word's second byte. */
#define MIXED_SHIFT \
        "    uxtb    r8, r7, ror #8\n" \
        "    vmov    s0, r8\n"

#define MIXED_END \
        "    smmul   r2, r2, r12\n" \
        "    smmul   r3, r3, r12\n" \
        "    vmov    \\before, s0\n" \
        "    asr     r2, r2, \\before\n" \
        "    asr     r3, r3, \\before\n" \
        "    ssat    r2, #8, r2\n" \
        "    ssat    r3, #8, r3\n"

/* sk_linear.h: s0 rounding, s1 shift */
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

#define LINEAR_END \
        "    smmulr  r2, r2, r12\n" \
        "    smmulr  r3, r3, r12\n" \
        "    vmov    \\before, s0\n" \
        "    add     r2, r2, r2, asr #31\n" \
        "    add     r3, r3, r3, asr #31\n" \
        "    add     r2, r2, \\before\n" \
        "    add     r3, r3, \\before\n" \
        "    vmov    \\before, s1\n" \
        "    asr     r2, r2, \\before\n" \
        "    asr     r3, r3, \\before\n" \
        "    ssat    r2, #8, r2\n" \
        "    ssat    r3, #8, r3\n"

DW5(dw5_fitted, DW5_SAME, FITTED_LOAD, FITTED_END)
DW5(dw5_mixed, DW5_SAME, MIXED_LOAD(MIXED_SHIFT), MIXED_END)
DW5(dw5_linear, DW5_SAME, LINEAR_LOAD, LINEAR_END)
DW5(dw5_causal, DW5_CAUSAL, FITTED_LOAD, FITTED_END)
DW5(dw5_causal_mixed, DW5_CAUSAL, MIXED_LOAD(MIXED_SHIFT), MIXED_END)
DW5(dw5_causal_linear, DW5_CAUSAL, LINEAR_LOAD, LINEAR_END)

#else

typedef enum { FITTED, MIXED, LINEAR } stage_t;

static int32_t dw5_result(stage_t stage, const int32_t *record, int32_t sum)
{
    const int32_t shift = (uint32_t)record[1] >> 8 & 0xFFu;

    if (stage == LINEAR) {
        return sk_ssat8(sk_linear(sum, record[4], record[2], shift));
    }
    return sk_ssat8(sk_smmul(sum, record[3]) >> (stage == MIXED ? shift : SK_FAST_DW5_SHIFT));
}

/* ahead: SAME or CAUSAL, whose outputs are 0 or 2 rows behind the window's middle. */
static void dw5_stream(stage_t stage, int32_t ahead, const dw5_streams_t *streams)
{
    const int32_t *const record = streams->record;
    const uint32_t first = (uint32_t)record[0], last = (uint32_t)record[1], pad = streams->pad;
    const int32_t bias = record[stage == LINEAR ? 3 : 2], scale = stage == LINEAR ? 2 : SK_FIT_SCALE;
    const int32_t behind = SAME - ahead;
    const int32_t step = streams->step, count = streams->count;
    uint32_t before = pad, now = pad, pairs[4]; /* (w0,w1) (w2,w3) (w1,w2) (w3,w4) */
    int32_t w[5];

    for (int32_t tap = 0; tap < 5; tap++) {
        w[tap] = scale * (int8_t)(tap < 4 ? first >> 8 * tap & 0xFFu : last & 0xFFu);
    }
    for (int32_t pair = 0; pair < 4; pair++) {
        const int32_t tap = pair < 2 ? 2 * pair : 2 * pair - 3;
        pairs[pair] = sk_pair(w[tap], w[tap + 1]);
    }
    for (int32_t j = -2; j + behind < count; j += 2) {
        const int32_t low = j + 2 < count ? streams->row[(j + 2) * step] : sk_low(pad);
        const int32_t high = j + 3 < count ? streams->row[(j + 3) * step] : sk_low(pad);
        const uint32_t after = sk_pair(low, high);
        if (j + behind >= 0) {
            int32_t sums[2] = {sk_smlad(before, pairs[0], bias), sk_smlatb(before, pairs[0], bias)};
            sums[0] = sk_smlabt(after, pairs[3], sk_smlad(now, pairs[1], sums[0]));
            sums[1] = sk_smlad(after, pairs[3], sk_smlad(now, pairs[2], sums[1]));
            for (int32_t odd = 0; odd < 2 && j + behind + odd < count; odd++) {
                streams->row[(j + behind + odd) * step] = (int8_t)dw5_result(stage, record, sums[odd]);
            }
        }
        before = now;
        now = after;
    }
}

static void dw5_plain(stage_t stage, int32_t ahead, dw5_streams_t *streams)
{
    for (; streams->channels_left > 0; streams->channels_left--) {
        for (int32_t stream = 0; stream < streams->streams; stream++) {
            dw5_stream(stage, ahead, streams);
            streams->row += streams->channels;
        }
        streams->row += streams->turn;
        streams->record += stage == LINEAR ? 5 : 4;
    }
}

#define DW5(name, ahead, stage) \
static void name(dw5_streams_t *streams) \
{ \
    dw5_plain(stage, ahead, streams); \
}

DW5(dw5_fitted, SAME, FITTED)
DW5(dw5_mixed, SAME, MIXED)
DW5(dw5_linear, SAME, LINEAR)
DW5(dw5_causal, CAUSAL, FITTED)
DW5(dw5_causal_mixed, CAUSAL, MIXED)
DW5(dw5_causal_linear, CAUSAL, LINEAR)

#endif

typedef struct {
    void (*run)(dw5_streams_t *streams);
    int32_t ahead; /* SAME or CAUSAL */
} dw5_kind_t;

static void dw5(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out, const dw5_kind_t *kind)
{
    const int32_t dilation = shape->dilation, rows = shape->rows, channels = shape->channels, step = channels * dilation;
    dw5_streams_t streams;

    if (in != out) {
        memcpy(out, in, (size_t)(rows * channels));
    }
    streams.step = step;
    streams.pad = sk_pair(shape->pad, shape->pad);
    streams.channels = channels;
    /* the rows whose index modulo the dilation is below rows % dilation, of which there is one more; then the others */
    streams.count = rows / dilation + 1;
    streams.streams = rows % dilation;
    for (int32_t part = 0; part < 2; part++) {
        const int32_t pairs = (streams.count - kind->ahead) / 2; /* with both rows to read inside */
        if (streams.streams > 0) {
            streams.row = out;
            streams.entry = pairs > 0 ? kind->ahead * pairs % 3 : -1;
            streams.main_bytes = 2 * pairs * step;
            streams.record = shape->records;
            streams.channels_left = channels;
            streams.turn = 1 - streams.streams * channels;
            kind->run(&streams);
        }
        out += streams.streams * channels;
        streams.streams = dilation - streams.streams;
        streams.count--;
    }
}

void sk_fast_dw5(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const dw5_kind_t kind = {dw5_fitted, SAME};
    dw5(shape, in, out, &kind);
}

void sk_fast_dw5_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const dw5_kind_t kind = {dw5_mixed, SAME};
    dw5(shape, in, out, &kind);
}

void sk_fast_dw5_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const dw5_kind_t kind = {dw5_linear, SAME};
    dw5(shape, in, out, &kind);
}

void sk_fast_dw5_causal(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const dw5_kind_t kind = {dw5_causal, CAUSAL};
    dw5(shape, in, out, &kind);
}

void sk_fast_dw5_causal_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const dw5_kind_t kind = {dw5_causal_mixed, CAUSAL};
    dw5(shape, in, out, &kind);
}

void sk_fast_dw5_causal_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out)
{
    static const dw5_kind_t kind = {dw5_causal_linear, CAUSAL};
    dw5(shape, in, out, &kind);
}
