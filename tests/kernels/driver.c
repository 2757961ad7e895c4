/*
 * Runs cases of the fast kernels. On the host they come from stdin and the outputs go to stdout, every buffer in its own
 * allocation so that ASan sees a byte too far. On the target they are the object `sk_cases`, each case ends with the
 * output to expect, and the numbers of the cases that differ go to the UART.
 *
 * A case: kernel, count of scalars, scalars, count of blobs, then each blob's length and bytes (padded to 4), all int32.
 */
#include <stdint.h>
#include <string.h>

#include "fast/sk_add_elementwise.h"
#include "fast/sk_channel_lines.h"
#include "fast/sk_conv_1x1.h"
#include "fast/sk_conv_1x1_narrow.h"
#include "fast/sk_conv_1x1_vector.h"
#include "fast/sk_conv_1xk.h"
#include "fast/sk_conv_1xk_few_outputs.h"
#include "fast/sk_depthwise_3_5.h"
#include "fast/sk_depthwise_7_9.h"
#include "fast/sk_depthwise_window.h"
#include "fast/sk_mul_channels.h"
#include "fast/sk_mul_constant.h"
#include "fast/sk_mul_gate.h"
#include "fast/sk_row_sums.h"

typedef struct {
    int32_t kernel;
    const int32_t *scalar;
    const void *blob[8];
    int32_t bytes[8]; /* of each blob */
    int32_t blobs;
} case_t;

enum {
    /* before them: sk_fast_dw5, dw5_causal, dw7, dw9, dw9_causal and dw3, of each three */
    DW = 18, PW, GATED_PW, ANY, CONV, MUL, SUMS, ADD, VECTOR, SCALE, NARROW_PW, NARROW_GATED_PW, LINES, FACTOR
};

/* For the kernels that want it; as long as the case says. */
static void *scratch;

static int32_t output_bytes(const case_t *c)
{
    const int32_t *s = c->scalar;
    switch (c->kernel) {
    case PW:
    case GATED_PW:
    case ANY:
    case CONV:
    case VECTOR:
    case NARROW_PW:
    case NARROW_GATED_PW:
        return s[0] * s[2];
    case SUMS:
        return 4 * s[1];
    case ADD:
    case SCALE:
        return s[0];
    default:
        return s[0] * s[1];
    }
}

static int32_t scratch_bytes(const case_t *c)
{
    switch (c->kernel) {
    case NARROW_PW:
        return c->scalar[4];
    case NARROW_GATED_PW:
        return c->scalar[6];
    case ANY:
        return 2 * c->scalar[2];
    default:
        return 0;
    }
}

static void run_case(const case_t *c, const int8_t *in, void *out)
{
    const int32_t *s = c->scalar;
    const void *const *blob = c->blob;

    if (c->kernel < DW) {
        static void (*const kernels[])(const sk_fast_dw5_t *, const int8_t *, int8_t *) = {
            sk_fast_dw5,        sk_fast_dw5_mixed,        sk_fast_dw5_linear,
            sk_fast_dw5_causal, sk_fast_dw5_causal_mixed, sk_fast_dw5_causal_linear,
            sk_fast_dw7,        sk_fast_dw7_mixed,        sk_fast_dw7_linear,
            sk_fast_dw9,        sk_fast_dw9_mixed,        sk_fast_dw9_linear,
            sk_fast_dw9_causal, sk_fast_dw9_causal_mixed, sk_fast_dw9_causal_linear,
            sk_fast_dw3,        sk_fast_dw3_mixed,        sk_fast_dw3_linear,
        };
        const sk_fast_dw5_t shape = {(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2], (int16_t)s[3], blob[0]};
        kernels[c->kernel](&shape, in, out);
        return;
    }
    switch (c->kernel) {
    case DW: {
        const sk_fast_dw_t shape = {(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2], (uint16_t)s[3], (uint8_t)s[4],
                                    (uint8_t)s[5],  (int16_t)s[6],  (int16_t)s[7],  (int16_t)s[8],  blob[0]};
        sk_fast_dw(&shape, in, out);
        break;
    }
    case PW: {
        const sk_fast_pw_t shape = {(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2], (int16_t)s[3], blob[0]};
        sk_fast_pw(&shape, in, out);
        break;
    }
    case GATED_PW: {
        const sk_fast_gated_pw_t shape = {{(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2], (int16_t)s[3], blob[0]},
                                          {s[4], s[5]}};
        sk_fast_gated_pw(&shape, in, blob[1], out);
        break;
    }
    case ANY: {
        const int32_t *rounding = c->bytes[4] > 0 ? blob[4] : NULL;
        const sk_fast_any_t shape = {(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2], (uint16_t)s[3], (uint16_t)s[4],
                                     (uint16_t)s[5], (int16_t)s[6],  (int16_t)s[7],  (int16_t)s[8],  blob[0],
                                     blob[1],        blob[2],        blob[3],        rounding,       (int16_t)s[9]};
        sk_fast_any(&shape, in, out, scratch);
        break;
    }
    case CONV: {
        const sk_fast_conv_t shape = {(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2], (uint16_t)s[3], (uint16_t)s[4],
                                      (uint16_t)s[5], (int16_t)s[6],  (int16_t)s[7],  blob[0],        blob[1],
                                      blob[2]};
        sk_fast_conv(&shape, in, out);
        break;
    }
    case MUL: {
        const sk_fast_mul_t shape = {(uint16_t)s[0], (uint16_t)s[1], {s[2], s[3]}};
        sk_fast_mul(&shape, in, blob[0], out);
        break;
    }
    case SUMS:
        sk_fast_sums(in, s[0], s[1], out);
        break;
    case ADD: {
        const sk_fast_add_t shape = {(uint32_t)s[0], s[1], s[2], s[3]};
        sk_fast_add(&shape, in, blob[0], out);
        break;
    }
    case VECTOR: {
        const sk_fast_vector_t shape = {(uint16_t)s[1], (uint16_t)s[2], blob[0], blob[1]};
        sk_fast_vector(&shape, in, out);
        break;
    }
    case FACTOR: {
        const sk_fast_factor_t shape = {(uint16_t)s[0], (uint16_t)s[1], (int16_t)s[2], (int16_t)s[3], (int16_t)s[4],
                                        (int16_t)s[5],  s[6],           s[7],          s[8]};
        sk_fast_factor(&shape, in, blob[0], out);
        break;
    }
    case LINES: {
        const sk_fast_lines_t shape = {(uint16_t)s[0], (uint16_t)s[1], blob[0]};
        sk_fast_lines(&shape, in, out);
        break;
    }
    case SCALE: {
        const sk_fast_scale_t shape = {(uint32_t)s[0], s[1], s[2]};
        sk_fast_scale(&shape, in, out);
        break;
    }
    case NARROW_PW: {
        const sk_fast_pw_t shape = {(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2], (int16_t)s[3], blob[0]};
        sk_fast_narrow_pw(&shape, in, out, scratch);
        break;
    }
    case NARROW_GATED_PW: {
        const sk_fast_gated_pw_t shape = {{(uint16_t)s[0], (uint16_t)s[1], (uint16_t)s[2], (int16_t)s[3], blob[0]},
                                          {s[4], s[5]}};
        sk_fast_narrow_gated_pw(&shape, in, blob[1], out, scratch);
        break;
    }
    }
}

/* Reads one case from words; returns its end. */
static const int32_t *parse(const int32_t *words, case_t *c)
{
    c->kernel = *words++;
    c->scalar = words + 1;
    words += 1 + *words;
    c->blobs = *words++;
    for (int32_t i = 0; i < c->blobs; i++) {
        c->bytes[i] = *words++;
        c->blob[i] = words;
        words += (c->bytes[i] + 3) / 4;
    }
    return words;
}

#if defined(__arm__)

#include "sk_marker.h"
#include "sk_semihosting.h"

/* sk_cases[0]: words that follow; each case's last two blobs are its input and the output to expect. */
extern const int32_t sk_cases[];
static int8_t buffer[24000] __attribute__((aligned(4)));
static int8_t behind[16000] __attribute__((aligned(4)));

static void put(char c)
{
    volatile uint32_t *const uart = (volatile uint32_t *)0x40004000u;
    uart[2] = 1;
    uart[4] = 16;
    uart[0] = (uint32_t)c;
}

static void put_number(uint32_t value)
{
    if (value >= 10) {
        put_number(value / 10);
    }
    put((char)('0' + value % 10));
}

int main(void)
{
    const int32_t *words = sk_cases + 1;
    uint32_t number = 0;
    for (; words < sk_cases + 1 + sk_cases[0]; number++) {
        case_t c;
        words = parse(words, &c);
        const void *expected = c.blob[c.blobs - 1];
        const int32_t length = c.bytes[c.blobs - 2];
        /* with the last scalar 1 in place, else behind the input */
        int8_t *out = c.scalar[c.scalar[-1] - 1] ? buffer : buffer + ((length + 3) & ~3);
        memcpy(buffer, c.blob[c.blobs - 2], (size_t)length);
        scratch = behind;
        memset(behind, 0x55, sizeof behind);
        SK_MARK_BEGIN();
        run_case(&c, buffer, out);
        SK_MARK_END();
        int wrong = memcmp(out, expected, (size_t)output_bytes(&c)) != 0;
        for (size_t i = (size_t)scratch_bytes(&c); i < sizeof behind; i++) {
            wrong |= behind[i] != 0x55;
        }
        if (wrong) {
            put('!');
            put_number(number);
            put('\n');
        }
    }
    put_number(number);
    put('\n');
    sk_semihosting_exit(0);
    return 0;
}

#else

#include <stdio.h>
#include <stdlib.h>

static void *copy(const void *from, size_t bytes, size_t room)
{
    void *to = malloc(room > bytes ? room : bytes);
    memcpy(to, from, bytes);
    return to;
}

/* Reads [words][words...] again and again until stdin ends; the last blob of a case is its input. */
int main(void)
{
    uint32_t count;
    while (fread(&count, sizeof count, 1, stdin) == 1) {
        int32_t *words = malloc(count * sizeof *words);
        case_t c;
        if (fread(words, sizeof *words, count, stdin) != count) {
            return 2;
        }
        parse(words, &c);
        for (int32_t i = 0; i < c.blobs - 1; i++) {
            c.blob[i] = copy(c.blob[i], (size_t)c.bytes[i], 1);
        }
        const uint32_t bytes = (uint32_t)output_bytes(&c);
        const size_t length = (size_t)c.bytes[c.blobs - 1];
        const int in_place = c.scalar[c.scalar[-1] - 1];
        void *in = copy(c.blob[c.blobs - 1], length, in_place ? bytes : 1);
        void *out = in_place ? in : malloc(bytes);
        scratch = malloc((size_t)scratch_bytes(&c));
        run_case(&c, in, out);
        free(scratch);
        fwrite(&bytes, sizeof bytes, 1, stdout);
        fwrite(out, 1, bytes, stdout);
        fflush(stdout);
        for (int32_t i = 0; i < c.blobs - 1; i++) {
            free((void *)c.blob[i]);
        }
        if (!in_place) {
            free(out);
        }
        free(in);
        free(words);
    }
    return 0;
}

#endif
