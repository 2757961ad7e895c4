/*
 * What the depthwise kernels that stream through registers have in common. The rows r, r + d, r + 2d, ... of one channel
 * (d: dilation) are an ordinary dense signal, a stream.
 */
#ifndef SK_STREAMS_H
#define SK_STREAMS_H

#include <stddef.h>
#include <stdint.h>

#include "sk_fit.h"
#include "sk_linear.h"
#include "sk_requantizer.h"
#include "sk_simd.h"

/*
 * What sk_fast_dw5 takes for SK_FIT_SHIFT (sk_fit.h): real factors below 1/2. The sums of five taps need fewer bits of a
 * multiplier than those of the tile product.
 */
#define SK_FAST_DW5_SHIFT 8

typedef struct {
    uint16_t rows, channels, dilation;
    int16_t pad;            /* the input's zero point */
    const int32_t *records; /* per channel: w0 to w3 as bytes, w4, bias, multiplier */
} sk_fast_dw5_t;

/* The streams of all channels that have the same number of rows. The first five fields are loaded at once. */
typedef struct {
    int8_t *row;        /* first one of the stream at hand */
    int32_t step;       /* bytes from one row of a stream to its next */
    int32_t entry;      /* of five taps into the unrolled loop, 0 to 2, 1 the shortest way; -1: past it */
    uint32_t pad;       /* pair of the input's zero point */
    int32_t main_bytes; /* bytes from a stream's first row to the row where the unrolled loop ends */

    const int32_t *record; /* of the channel to come */
    int32_t streams;       /* of a channel */
    int32_t streams_left;  /* of the channel at hand */
    int32_t channels_left;
    int32_t channels; /* bytes from a stream to the next */
    int32_t turn;     /* from behind a channel's last stream to the next channel's first */
    int32_t count;    /* rows of each stream */
} sk_streams_t;

typedef struct {
    void (*run)(sk_streams_t *streams);
    int32_t ahead; /* rows read before the unrolled loop */
} sk_streamed_t;

/* All streams of the shape. */
void sk_run_streams(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out, const sk_streamed_t *kind);

#if SK_HAS_DSP_ASSEMBLY

/*
 * void name(sk_streams_t *). `load` reads a channel's record behind r3, r0 and r2 kept. `rows` takes one stream: r0 row,
 * r1 step, r3 entry, r8 pad, lr end of the unrolled loop, flags of entry - 1; the streams at [sp]. `macros` are for both.
 */
#define SK_STREAMS(name, macros, load, rows) \
SK_ASSEMBLY(void name(sk_streams_t *streams)) \
{ \
    __asm__ volatile( \
        ".syntax unified\n" \
        macros \
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
        : \
        : [shift] "i"(SK_FAST_DW5_SHIFT), [pad] "i"(offsetof(sk_streams_t, pad)), \
          [record] "i"(offsetof(sk_streams_t, record)), [streams] "i"(offsetof(sk_streams_t, streams)), \
          [streams_left] "i"(offsetof(sk_streams_t, streams_left)), \
          [channels_left] "i"(offsetof(sk_streams_t, channels_left)), \
          [channels] "i"(offsetof(sk_streams_t, channels)), [turn] "i"(offsetof(sk_streams_t, turn)), \
          [count] "i"(offsetof(sk_streams_t, count))); \
} \
SK_ASSEMBLY_END

/* How the sums r2 and r3 become results: r12 multiplier, \\before free. */
#define SK_FITTED_END \
        "    smmul   r2, r2, r12\n" \
        "    smmul   r3, r3, r12\n" \
        "    ssat    r2, #8, r2, asr %[shift]\n" \
        "    ssat    r3, #8, r3, asr %[shift]\n"

/* s0: the channel's shift */
#define SK_MIXED_END \
        "    smmul   r2, r2, r12\n" \
        "    smmul   r3, r3, r12\n" \
        "    vmov    \\before, s0\n" \
        "    asr     r2, r2, \\before\n" \
        "    asr     r3, r3, \\before\n" \
        "    ssat    r2, #8, r2\n" \
        "    ssat    r3, #8, r3\n"

/* sk_linear.h: s0 rounding, s1 shift */
#define SK_LINEAR_END \
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

#else

/* Any number of taps up to 9, `behind` of them behind the output's row. Records: sk_depthwise_3_5.h. */
void sk_plain_streams(sk_streams_t *streams, sk_requantizer_t requantizer, int32_t taps, int32_t behind);

#endif

#endif
