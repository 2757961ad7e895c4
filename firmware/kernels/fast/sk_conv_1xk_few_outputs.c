#include "sk_conv_1xk_few_outputs.h"

#include <string.h>

#include "sk_linear.h"
#include "sk_simd.h"
#include "sk_tiles.h"

/* Columns that fill up a record add 0 to what lies behind the window. */
#define SLACK 3

/* The window slides through as many sums as the longest one has before it is moved back. */
#define SUMS SK_FAST_CONV_WINDOW

typedef struct {
    sk_tile_run_t tile; /* first, so that expand() finds the rest */
    const sk_fast_conv_t *shape;
    const int8_t *in;
    int8_t *out;
    int32_t row;         /* first input row of the pair under way; -2: none yet */
    int32_t turn, turns; /* for a pair of rows: each part of the channels with each group */
    int32_t turn_words;  /* of records */
    int32_t groups;      /* of records: each tap's, or all together where dilation is 1 */
    sk_tile_parts_t parts;
    int32_t start, length;      /* of the window in sums: [(taps - 1) * dilation + 2][out_channels], output rows under way */
    int32_t sums[SUMS + SLACK]; /* 0 behind the window */
} conv_run_t;

static int32_t reach_of(const sk_fast_conv_t *shape)
{
    return (shape->taps - 1) * shape->dilation;
}

static void __attribute__((noinline)) clamp(int8_t *results, int32_t count, int32_t low, int32_t high)
{
    for (; count > 0; count--, results++) {
        *results = (int8_t)(*results < low ? low : *results > high ? high : *results);
    }
}

/* `next` 0: one complete output row, from sums; channels: two, side by side. `constants` as outputs of sk_fast_conv_t. */
static void __attribute__((noinline)) store_rows(const int32_t *constants, const int32_t *sums, int8_t *out, int32_t channels,
                                                 int32_t next)
{
    const int32_t *const end = sums + channels;

    for (; sums != end; sums++, out++, constants += 4) {
        const int32_t bias = constants[0], multiplier = constants[1], rounding = constants[2], shift = constants[3];
        const int32_t first = sums[0] + bias, second = sums[next] + bias;
        out[0] = (int8_t)sk_ssat8(sk_linear(first, multiplier, rounding, shift));
        out[next] = (int8_t)sk_ssat8(sk_linear(second, multiplier, rounding, shift));
    }
}

/* The window moved back to the start of its room; its last `fresh` sums are new. */
static void __attribute__((noinline)) move_back(conv_run_t *run, int32_t fresh)
{
    const int32_t *from = run->sums + run->start;
    int32_t *to = run->sums, *const kept = to + run->length - fresh;

    while (to != kept) {
        *to++ = *from++;
    }
    memset(kept, 0, (size_t)(run->sums + SUMS + SLACK - kept) * sizeof *kept);
    run->start = 0;
}

/* The window's first `rows` rows are complete, 1 or 2, output row `row` first: out with them, but for those outside. */
static void emit(conv_run_t *run, int32_t row, int32_t rows)
{
    const sk_fast_conv_t *shape = run->shape;
    const int32_t channels = shape->out_channels, done = rows * channels;
    const int32_t *sums = run->sums + run->start;

    if (row == -1 && rows == 2) { /* only the second row is inside */
        row++, rows--, sums += channels;
    }
    if (row >= 0 && row < shape->rows) {
        const int32_t next = rows == 2 && row + 1 < shape->rows ? channels : 0;
        int8_t *out = run->out + row * channels;
        store_rows(shape->outputs, sums, out, channels, next);
        if (shape->low > -128 || shape->high < 127) {
            clamp(out, channels + next, shape->low, shape->high);
        }
    }
    run->start += done;
    if (run->start + run->length > SUMS) {
        move_back(run, done);
    }
}

/* Rows of padding before the first input row, or behind the last. */
static void add_padding(conv_run_t *run, int32_t row, int32_t rows)
{
    const sk_fast_conv_t *shape = run->shape;
    const int32_t channels = shape->out_channels;

    for (; rows > 0; rows--, row++) {
        for (int32_t tap = 0; tap < shape->taps; tap++) {
            int32_t *sums = run->sums + run->start + tap * shape->dilation * channels;
            for (int32_t channel = 0; channel < channels; channel++) {
                sums[channel] += shape->padding[tap * channels + channel];
            }
        }
        emit(run, row + shape->pad - reach_of(shape), 1);
    }
}

/* The pair of rows under way, if there is one yet, is done. */
static void next_rows(conv_run_t *run)
{
    if (run->row >= 0) {
        emit(run, run->row + run->shape->pad - reach_of(run->shape), run->row + 1 < run->shape->rows ? 2 : 1);
    }
    run->row += 2;
}

static void expand_part(conv_run_t *run, uint32_t *rows, int32_t part)
{
    const sk_fast_conv_t *shape = run->shape;
    const int single = run->row + 1 == shape->rows;

    run->tile.first = run->in + run->row * shape->in_channels;
    run->tile.second = single ? run->tile.first : run->tile.first + shape->in_channels;
    if (run->parts.count == 1) {
        sk_tile_expand(&run->tile, rows);
    } else {
        sk_tile_expand_part(&run->tile, rows, shape->in_channels, part, run->parts.width);
    }
    if (single) { /* beside a last row alone, one that adds nothing */
        memset(rows + SK_TILE_PAIRS, 0, SK_TILE_PAIRS * sizeof rows[0]);
    }
}

static void expand_conv(sk_tile_run_t *tile, uint32_t *rows)
{
    conv_run_t *run = (conv_run_t *)tile;
    const sk_fast_conv_t *shape = run->shape;
    int32_t part = 0, group = 0;

    run->turn++;
    if (run->turn == run->turns) {
        run->turn = 0;
        next_rows(run);
    } else {
        part = run->turn / run->groups;
        group = run->turn % run->groups;
    }
    run->tile.tiles = shape->tiles + run->turn * run->turn_words;
    run->tile.results = run->sums + run->start + group * shape->dilation * shape->out_channels;
    if (group == 0) {
        expand_part(run, rows, part);
    }
}

void sk_fast_conv(const sk_fast_conv_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t columns = shape->dilation == 1 ? shape->taps * shape->out_channels : shape->out_channels;
    conv_run_t run;

    memset(&run, 0, sizeof run);
    run.groups = shape->dilation == 1 ? 1 : shape->taps;
    run.parts = sk_tile_parts(shape->in_channels);
    run.turns = run.groups * run.parts.count;
    run.turn = run.turns - 1;
    run.tile.expand = expand_conv;
    run.tile.count = (shape->rows + 1) / 2 * run.turns;
    run.tile.channels = run.parts.width;
    run.tile.pairs = (run.parts.width + 1) / 2;
    run.tile.requantizer = SK_REQUANTIZER_SUMS;
    run.tile.result_bytes = (columns + 3) / 4 * 16;
    run.tile.next_row = 4 * shape->out_channels; /* the second row's tap is the first's one output row later */
    run.shape = shape;
    run.length = (reach_of(shape) + 2) * shape->out_channels;
    run.in = in;
    run.out = out;
    run.row = -2;
    run.turn_words = (columns + 3) / 4 * 4 * run.tile.pairs;
    add_padding(&run, -(int32_t)shape->pad, shape->pad);
    sk_tile_run(&run.tile);
    next_rows(&run);
    add_padding(&run, shape->rows, reach_of(shape) - shape->pad);
}
