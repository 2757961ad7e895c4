/* The tile twice, in assembly and in C. Over 400 lines, so that the two can be read side by side. */
#include "sk_tiles.h"

#include <stddef.h>
#include <string.h>

#include "sk_fit.h"
#include "sk_linear.h"
#include "sk_simd.h"

#if SK_HAS_DSP_ASSEMBLY

/*
 * Both rows' channels in fours, a remainder left out. In assembly because gcc 12 spreads loads and stores (2.5 cycles an
 * element, this 1.5). Two fours a turn, an odd number is entered in the middle. r0, r1 rows in; r2 rows out; r3 end of the
 * first row; r4, r5 bytes, r6-r8 and r12 pairs.
 */
SK_ASSEMBLY(void expand_fours(sk_tile_run_t *run, uint32_t *rows))
{
    __asm__ volatile(
        ".syntax unified\n"
        ".macro sk_expand_four\n"
        "    ldr     r4, [r0], #4\n"
        "    ldr     r5, [r1], #4\n"
        "    sxtb16  r6, r4\n"
        "    sxtb16  r7, r4, ror #8\n"
        "    sxtb16  r8, r5\n"
        "    sxtb16  r12, r5, ror #8\n"
        "    str     r7, [r2, #4]\n"
        "    str     r8, [r2, %[second]]\n"
        "    str     r12, [r2, %[second_odd]]\n"
        "    str     r6, [r2], #8\n"
        ".endm\n"
        "    push    {r4-r8, lr}\n"
        "    mov     r2, r1\n"
        "    ldr     r3, [r0, %[channels]]\n"
        "    ldr     r1, [r0, %[second_row]]\n"
        "    ldr     r0, [r0, %[first_row]]\n"
        "    bic     r3, r3, #3\n"
        "    tst     r3, #4\n"
        "    add     r3, r3, r0\n"
        "    bne.n   2f\n"
        "1:  sk_expand_four\n"
        "2:  sk_expand_four\n"
        "    cmp     r0, r3\n"
        "    bne     1b\n"
        "    pop     {r4-r8, pc}\n"
        ".purgem sk_expand_four\n"
        :
        : [second] "i"(4 * SK_TILE_PAIRS), [second_odd] "i"(4 * SK_TILE_PAIRS + 4),
          [channels] "i"(offsetof(sk_tile_run_t, channels)), [first_row] "i"(offsetof(sk_tile_run_t, first)),
          [second_row] "i"(offsetof(sk_tile_run_t, second)));
}
SK_ASSEMBLY_END

#else

static void expand_fours(sk_tile_run_t *run, uint32_t *rows)
{
    const int32_t whole = run->channels & ~3;
    for (int32_t channel = 0; channel < whole; channel += 4, rows += 2) {
        const uint32_t a = sk_load_word(run->first + channel), b = sk_load_word(run->second + channel);
        rows[0] = sk_sxtb16(a);
        rows[1] = sk_sxtb16_odd(a);
        rows[SK_TILE_PAIRS] = sk_sxtb16(b);
        rows[SK_TILE_PAIRS + 1] = sk_sxtb16_odd(b);
    }
}

#endif

void sk_tile_expand(sk_tile_run_t *run, uint32_t *rows)
{
    const int32_t whole = run->channels & ~3, rest = run->channels & 3;

    if (whole > 0) {
        expand_fours(run, rows);
    }
    if (rest > 0) {
        const uint32_t a = sk_tile_tail(run->first + whole, rest), b = sk_tile_tail(run->second + whole, rest);
        rows += whole / 2;
        rows[0] = sk_sxtb16(a);
        rows[SK_TILE_PAIRS] = sk_sxtb16(b);
        if (rest == 3) {
            rows[1] = sk_sxtb16_odd(a);
            rows[SK_TILE_PAIRS + 1] = sk_sxtb16_odd(b);
        }
    }
}

void sk_tile_expand_part(sk_tile_run_t *run, uint32_t *rows, int32_t channels, int32_t part, int32_t width)
{
    const int32_t from = part * width, left = channels - from;

    run->channels = left < width ? left : width;
    if (left < width) { /* fewer pairs than the records have */
        memset(rows, 0, 2 * SK_TILE_PAIRS * sizeof *rows);
    }
    run->first += from;
    run->second += from;
    sk_tile_expand(run, rows);
    run->first -= from;
    run->second -= from;
}

#if SK_HAS_DSP_ASSEMBLY

/*
 * In assembly because of what C cannot say: 8 accumulators, 4 weights, 1 pair of the row and 1 pointer are all 14
 * registers there are, so the first row is read relative to sp and the second is held in the FPU's registers (VMOV
 * takes 1 cycle, no pointer and, unlike LDR, no start-up). 15 cycles for 16 MAC; gcc 12 spills and needs 23. The steps are
 * unrolled to the longest row and entered in the middle.
 *
 * Frame: both rows' pairs, then the words named below. r5 record; r0 row, r1-r4 weights; r6-r9 sums of the first row,
 * r10, r11, r12, lr of the second.
 */
#define FROM_FIRST(member) (offsetof(sk_tile_run_t, member) - offsetof(sk_tile_run_t, first))
typedef char tile_run_loads_in_this_order[FROM_FIRST(second) == 4 && FROM_FIRST(results) == 12 && FROM_FIRST(tiles) == 28 &&
                                                  FROM_FIRST(next_row) == 36
                                              ? 1
                                              : -1];
#define FRAME_ROWS (8 * SK_TILE_PAIRS)
#define FRAME_BYTES (FRAME_ROWS + 40) /* keeps the 8-byte alignment that expand() may expect */
#define STEP_BYTES 48                 /* of the code of one step: one size, so that the entry can be computed */

SK_ASSEMBLY(void tile_run(sk_tile_run_t *run))
{
    __asm__ volatile(
        ".syntax unified\n"
        ".equ .Lsk_run, %c[frame_rows]\n"
        ".equ .Lsk_entry, %c[frame_rows] + 4\n"
        ".equ .Lsk_out, %c[frame_rows] + 8\n"
        ".equ .Lsk_end, %c[frame_rows] + 12\n"
        ".equ .Lsk_next_row, %c[frame_rows] + 16\n"
        ".equ .Lsk_partial, %c[frame_rows] + 20\n"
        ".equ .Lsk_tail, %c[frame_rows] + 24\n" /* where the partial tile's columns go, and its two words */
        ".equ .Lsk_tail_words, %c[frame_rows] + 28\n"
        ".macro sk_four_words\n" /* of the record, one a column */
        "    ldr     r1, [r5, #4]\n"
        "    ldr     r2, [r5, #8]\n"
        "    ldr     r3, [r5, #12]\n"
        "    ldr     r0, [r5], #16\n"
        ".endm\n"
        ".macro sk_by_column what\n" /* sums and words: r6 r10, r0; r7 r11, r1; r8 r12, r2; r9 lr, r3 */
        "    \\what   r6, r6, r0\n"
        "    \\what   r7, r7, r1\n"
        "    \\what   r8, r8, r2\n"
        "    \\what   r9, r9, r3\n"
        "    \\what   r10, r10, r0\n"
        "    \\what   r11, r11, r1\n"
        "    \\what   r12, r12, r2\n"
        "    \\what   lr, lr, r3\n"
        ".endm\n"
        ".macro sk_store_results\n" /* r4 and r1 then: where the next go, and where the last end */
        "    bfi     r6, r7, #8, #8\n"
        "    bfi     r10, r11, #8, #8\n"
        "    bfi     r6, r8, #16, #8\n"
        "    bfi     r10, r12, #16, #8\n"
        "    bfi     r6, r9, #24, #8\n"
        "    bfi     r10, lr, #24, #8\n"
        "    str     r6, [r4], #4\n"
        "    ldr     r0, [sp, #.Lsk_next_row]\n"
        "    ldr     r1, [sp, #.Lsk_end]\n"
        "    str     r10, [r4, r0]\n"
        ".endm\n"
        ".macro sk_step pair\n"
        "    ldr.n   r0, [sp, #4 * \\pair]\n"
        "    ldr.n   r2, [r5, #4]\n"
        "    ldr.n   r3, [r5, #8]\n"
        "    ldr.n   r4, [r5, #12]\n"
        "    ldr.w   r1, [r5], #16\n"
        "    smlad   r6, r0, r1, r6\n"
        "    smlad   r7, r0, r2, r7\n"
        "    smlad   r8, r0, r3, r8\n"
        "    smlad   r9, r0, r4, r9\n"
        "    .if \\pair < 32\n"
        "    vmov    r0, s\\pair\n"
        "    .else\n"
        "    ldr.w   r0, [sp, #4 * (%c[pairs] + \\pair)]\n"
        "    .endif\n"
        "    smlad   r10, r0, r1, r10\n"
        "    smlad   r11, r0, r2, r11\n"
        "    smlad   r12, r0, r3, r12\n"
        "    smlad   lr, r0, r4, lr\n"
        ".endm\n"

        "    push    {r3, r4-r11, lr}\n"
        "    vpush   {s16-s31}\n"
        "    sub     sp, sp, %[frame]\n"
        "    str     r0, [sp, #.Lsk_run]\n"
        "    ldr     r1, [r0, %[run_pairs]]\n"
        "    adr.w   r2, 5f\n"
        "    movs    r3, %[step]\n"
        "    subs    r1, r1, #1\n"
        "    mls     r2, r1, r3, r2\n"
        "    orr     r2, r2, #1\n"
        "    str     r2, [sp, #.Lsk_entry]\n"

        /* Two rows more. */
        "1:  ldr     r0, [sp, #.Lsk_run]\n"
        "    ldr     r2, [r0, %[run_count]]\n"
        "    ldr     r3, [r0, %[run_expand]]\n"
        "    mov     r1, sp\n"
        "    subs    r2, r2, #1\n"
        "    bmi.w   9f\n"
        "    str     r2, [r0, %[run_count]]\n"
        "    blx     r3\n"
        "    ldr     r0, [sp, #.Lsk_run]\n"
        "    ldr     r2, [r0, %[run_pairs]]\n"
        "    add     r1, sp, %[row_bytes]\n"
        "    cmp     r2, #16\n"
        "    bhi.n   2f\n"
        "    vldm    r1, {s0-s15}\n"
        "    b       3f\n"
        "2:  vldm    r1!, {s0-s23}\n"
        "    cmp     r2, #24\n"
        "    bls.n   3f\n"
        "    vldm    r1, {s24-s31}\n"
        "3:  adds    r0, r0, %[run_first]\n" /* in the order of the struct, see the assertion above */
        "    ldm     r0, {r1-r10}\n"
        "    add     r1, r1, r3\n"
        "    add     r2, r2, r3\n"
        "    add     r5, r5, r4\n"
        "    add     r6, r6, r4\n"
        "    str     r1, [r0]\n"
        "    str     r2, [r0, #4]\n"
        "    str     r5, [r0, #12]\n"
        "    str     r6, [sp, #.Lsk_end]\n"
        "    str     r7, [sp, #.Lsk_partial]\n"
        "    mov     r5, r8\n"
        "    cmp     r4, r6\n"
        "    beq.w   8f\n"
        "    cmp     r9, %[sums]\n" /* the requantizer: see 5 */
        "    beq.n   35f\n"
        "    sub     r10, r10, #4\n"
        "    str     r10, [sp, #.Lsk_next_row]\n"
        "    b.w     6f\n"
        "35: sub     r10, r10, #16\n"
        "    str     r4, [sp, #.Lsk_out]\n"
        "    str     r10, [sp, #.Lsk_next_row]\n"
        "    b.w     75f\n"

        /* From here to the store of a tile every wide instruction lies on a word: fetching is then one a cycle. */
        ".balign 4\n"
        "4:\n"
        ".irp pair, 35, 34, 33, 32, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, "
        "9, 8, 7, 6, 5, 4, 3, 2, 1\n"
        "    sk_step \\pair\n"
        ".endr\n"

        SK_ASSEMBLY_SIZE("4b", "%c[step] * (%c[pairs] - 1)")

        /*
         * What becomes of the sums is known by the flags: LO fitted, EQ to be added, HI mixed, or HI and MI linear. Each
         * way sets them again at its end, and nothing from there to here touches them.
         */
        "5:  bhs.w   7f\n"
        "    ldr     r4, [sp, #.Lsk_out]\n"
        "    sk_four_words\n"
        "    sk_by_column smmul\n"
        "    .irp    sum, r6, r7, r8, r9, r10, r11, r12, lr\n"
        "    ssat    \\sum, #8, \\sum, asr %[shift]\n"
        "    .endr\n"
        "    sk_store_results\n"
        "    cmp.w   r4, r1\n"
        "    beq.w   8f\n"

        /* A tile: biases and pair 0; the second row first, since it starts from the first row's registers. */
        "6:  str     r4, [sp, #.Lsk_out]\n"
        "    ldr     r7, [r5, #4]\n"
        "    ldr     r8, [r5, #8]\n"
        "    ldr     r9, [r5, #12]\n"
        "    ldr     r1, [r5, #16]\n"
        "    ldr     r2, [r5, #20]\n"
        "    ldr     r3, [r5, #24]\n"
        "    ldr     r4, [r5, #28]\n"
        "    ldr     r6, [r5], #32\n"
        "    ldr.w   r0, [sp]\n"
        "    vmov    lr, s0\n"
        "    smlad   r10, lr, r1, r6\n"
        "    smlad   r11, lr, r2, r7\n"
        "    smlad   r12, lr, r3, r8\n"
        "    smlad   lr, lr, r4, r9\n"
        "    smlad   r6, r0, r1, r6\n"
        "    smlad   r7, r0, r2, r7\n"
        "    smlad   r8, r0, r3, r8\n"
        "    smlad   r9, r0, r4, r9\n"
        "    ldr     pc, [sp, #.Lsk_entry]\n"

        /* Sums of the first row are complete in r6 to r9, those of the second are to be added. */
        "7:  bhi.n   77f\n"
        "    ldr     r4, [sp, #.Lsk_out]\n"
        "    ldr     r0, [sp, #.Lsk_next_row]\n"
        "    ldr     r1, [sp, #.Lsk_end]\n"
        "    stm     r4!, {r6-r9}\n"
        "    add     r6, r4, r0\n"
        "    ldm     r6, {r0, r2, r3, r7}\n"
        "    str     r4, [sp, #.Lsk_out]\n"
        "    add     r10, r10, r0\n"
        "    add     r11, r11, r2\n"
        "    add     r12, r12, r3\n"
        "    add     lr, lr, r7\n"
        "    stm     r6, {r10-r12, lr}\n"
        "    cmp     r4, r1\n"
        "    beq.w   8f\n"
        "75: ldm     r4, {r6-r9}\n"
        "    ldr     r0, [sp]\n"
        "    ldr     r2, [r5, #4]\n"
        "    ldr     r3, [r5, #8]\n"
        "    ldr     r4, [r5, #12]\n"
        "    ldr     r1, [r5], #16\n"
        "    vmov    lr, s0\n"
        "    smlad   r6, r0, r1, r6\n"
        "    smlad   r7, r0, r2, r7\n"
        "    smlad   r8, r0, r3, r8\n"
        "    smlad   r9, r0, r4, r9\n"
        "    smuad   r10, lr, r1\n"
        "    smuad   r11, lr, r2\n"
        "    smuad   r12, lr, r3\n"
        "    smuad   lr, lr, r4\n"
        "    cmp     r5, r5\n"
        "    ldr     pc, [sp, #.Lsk_entry]\n"

        /* Mixed, or linear: sk_fitted_by, sk_linear. */
        "77: ldr     r4, [sp, #.Lsk_out]\n"
        "    sk_four_words\n"
        "    bmi.n   78f\n"
        "    sk_by_column smmul\n"
        "    b       79f\n"
        "78: sk_by_column smmulr\n"
        "    .irp    sum, r6, r7, r8, r9, r10, r11, r12, lr\n"
        "    add     \\sum, \\sum, \\sum, asr #31\n"
        "    .endr\n"
        "    sk_four_words\n"
        "    sk_by_column add\n"
        "79: sk_four_words\n"
        "    sk_by_column asr\n"
        "    .irp    sum, r6, r7, r8, r9, r10, r11, r12, lr\n"
        "    ssat    \\sum, #8, \\sum\n"
        "    .endr\n"
        "    sk_store_results\n"
        "    ldr     r0, [sp, #.Lsk_run]\n"
        "    ldr     r0, [r0, %[run_requantizer]]\n"
        "    cmp     r4, r1\n"
        "    beq.n   8f\n"
        "    cmp     r0, %[sums]\n"
        "    b       6b\n"

        /* Whole tiles are done, up to r4. A partial one goes to the stack and from there byte by byte. */
        "8:  ldr     r3, [sp, #.Lsk_partial]\n"
        "    cmp     r3, #0\n"
        "    beq.w   1b\n"
        "    bmi.n   85f\n"
        "    rsb     r3, r3, #0\n"
        "    str     r3, [sp, #.Lsk_partial]\n"
        "    str     r4, [sp, #.Lsk_tail]\n"
        "    add     r4, sp, #.Lsk_tail_words\n"
        "    add     r1, r4, #4\n"
        "    movs    r0, #0\n"
        "    str     r1, [sp, #.Lsk_end]\n"
        "    str     r0, [sp, #.Lsk_next_row]\n"
        "    ldr     r2, [sp, #.Lsk_run]\n"
        "    ldr     r2, [r2, %[run_requantizer]]\n"
        "    cmp     r2, %[sums]\n"
        "    b       6b\n"
        "85: ldr     r4, [sp, #.Lsk_run]\n"
        "    ldr     r0, [sp, #.Lsk_tail_words]\n"
        "    ldr     r1, [sp, #.Lsk_tail_words + 4]\n"
        "    ldr     r2, [sp, #.Lsk_tail]\n"
        "    ldr     r4, [r4, %[run_next_row]]\n"
        "    add     r4, r4, r2\n"
        "86: strb    r0, [r2], #1\n"
        "    strb    r1, [r4], #1\n"
        "    lsrs    r0, r0, #8\n"
        "    lsrs    r1, r1, #8\n"
        "    adds    r3, r3, #1\n"
        "    bne     86b\n"
        "    b.w     1b\n"

        "9:  add     sp, sp, %[frame]\n"
        "    vpop    {s16-s31}\n"
        "    pop     {r3, r4-r11, pc}\n"
        ".purgem sk_step\n"
        ".purgem sk_store_results\n"
        ".purgem sk_four_words\n"
        ".purgem sk_by_column\n"
        :
        : [frame_rows] "i"(FRAME_ROWS), [frame] "i"(FRAME_BYTES), [pairs] "i"(SK_TILE_PAIRS), [step] "i"(STEP_BYTES),
          [row_bytes] "i"(4 * SK_TILE_PAIRS), [shift] "i"(SK_FIT_SHIFT), [sums] "i"(SK_REQUANTIZER_SUMS),
          [run_requantizer] "i"(offsetof(sk_tile_run_t, requantizer)),
          [run_pairs] "i"(offsetof(sk_tile_run_t, pairs)), [run_expand] "i"(offsetof(sk_tile_run_t, expand)),
          [run_count] "i"(offsetof(sk_tile_run_t, count)), [run_first] "i"(offsetof(sk_tile_run_t, first)),
          [run_next_row] "i"(offsetof(sk_tile_run_t, next_row)));
}
SK_ASSEMBLY_END

void sk_tile_run(sk_tile_run_t *run)
{
    tile_run(run);
}

#else

/* One tile of two rows: sums[0..3] of the first, sums[4..7] of the second. Returns the end of the record's weights. */
static const int32_t *tile_sums(const int32_t *weights, const uint32_t *rows, int32_t pairs, int32_t *sums)
{
    for (int32_t turn = 0; turn < pairs; turn++, weights += 4) {
        const int32_t pair = turn == 0 ? 0 : pairs - turn;
        const uint32_t first = rows[pair], second = rows[SK_TILE_PAIRS + pair];
        for (int32_t column = 0; column < 4; column++) {
            sums[column] = sk_smlad(first, (uint32_t)weights[column], sums[column]);
            sums[4 + column] = sk_smlad(second, (uint32_t)weights[column], sums[4 + column]);
        }
    }
    return weights;
}

/* last: the words of the record behind its weights. */
static int32_t result_of(int32_t requantizer, int32_t sum, const int32_t *last, int32_t column)
{
    if (requantizer == SK_REQUANTIZER_LINEAR) {
        return sk_ssat8(sk_linear(sum, last[column], last[4 + column], last[8 + column]));
    }
    if (requantizer == SK_REQUANTIZER_MIXED) {
        return sk_fitted_by(sum, last[column], last[4 + column]);
    }
    return sk_fitted(sum, last[column]);
}

static uint32_t result_word(int32_t requantizer, const int32_t *sums, const int32_t *last)
{
    uint32_t word = 0;
    for (int32_t column = 3; column >= 0; column--) {
        word = (word << 8) | ((uint32_t)result_of(requantizer, sums[column], last, column) & 0xFFu);
    }
    return word;
}

static void add_sums(void *results, const int32_t *sums)
{
    int32_t *total = results;
    for (int32_t column = 0; column < 4; column++) {
        total[column] = (int32_t)((uint32_t)total[column] + (uint32_t)sums[column]);
    }
}

void sk_tile_run(sk_tile_run_t *run)
{
    uint32_t rows[2 * SK_TILE_PAIRS];

    for (; run->count > 0; run->count--) {
        run->expand(run, rows);
        const int32_t *record = run->tiles;
        uint8_t *results = run->results, *end = results + run->result_bytes;
        while (results != end || run->partial > 0) {
            int32_t sums[8] = {0};
            if (run->requantizer == SK_REQUANTIZER_SUMS) {
                record = tile_sums(record, rows, run->pairs, sums);
                add_sums(results, sums);
                add_sums(results + run->next_row, sums + 4);
                results += 16;
                continue;
            }
            memcpy(sums, record, 4 * sizeof sums[0]);
            memcpy(sums + 4, record, 4 * sizeof sums[0]);
            record = tile_sums(record + 4, rows, run->pairs, sums);
            const uint32_t first = result_word(run->requantizer, sums, record);
            const uint32_t second = result_word(run->requantizer, sums + 4, record);
            const size_t columns = results != end ? 4 : (size_t)run->partial;
            record += run->requantizer == SK_REQUANTIZER_FITTED ? 4 : run->requantizer == SK_REQUANTIZER_MIXED ? 8 : 12;
            memcpy(results, &first, columns);
            memcpy(results + run->next_row, &second, columns);
            results += columns;
            if (columns != 4) {
                break;
            }
        }
        run->first += run->in_step;
        run->second += run->in_step;
        run->results = (uint8_t *)run->results + run->result_step;
    }
}

#endif
