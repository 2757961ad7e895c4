#include "sk_fast_conv.h"

#include <string.h>

#include "sk_fast_tile.h"
#include "sk_linear.h"
#include "sk_simd.h"

/* Columns that fill up a record add 0 to what lies behind the window. */
#define SLACK 3

/* The window slides through as many sums as the longest one has before it is moved back. */
#define SUMS SK_FAST_CONV_WINDOW

typedef struct {
    sk_tile_run_t tile; /* first, so that expand() finds the rest */
    const sk_fast_conv_t *shape;
    const int8_t *in;
    int8_t *out;
    int32_t row;   /* first input row of the pair under way; -1: none yet */
    int32_t group; /* records under way: those of one tap, or all where dilation is 1 */
    int32_t groups, group_words;
    sk_tile_parts_t parts;
    int32_t part; /* of the input's channels, under way */
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

/* Complete output rows: `rows` of them, 1 or 2, at sum and out. */
static void store_rows(const sk_fast_conv_t *shape, const int32_t *sum, int8_t *out, int32_t rows)
{
    const int32_t *bias = shape->bias, *multiplier = shape->multiplier;
    const int32_t *rounding = shape->rounding, *shift = shape->shift;
    const int32_t channels = shape->out_channels, low = shape->low, high = shape->high;
    const int32_t next = rows == 2 ? channels : 0; /* a single row is done twice */

    for (int32_t i = 0; i < channels; i++) {
        const int32_t b = bias[i], m = multiplier[i], r = rounding[i], n = shift[i];
        const int32_t first = sum[i] + b, second = sum[i + next] + b;
        out[i] = (int8_t)sk_ssat8(sk_linear(first, m, r, n));
        out[i + next] = (int8_t)sk_ssat8(sk_linear(second, m, r, n));
    }
    if (low > -128 || high < 127) {
        clamp(out, channels + next, low, high);
    }
}

/* The window's first rows are complete, output rows `row` to `end`, 1 or 2: out with them, but for those outside. */
static void emit(conv_run_t *run, int32_t row, int32_t end)
{
    const sk_fast_conv_t *shape = run->shape;
    const int32_t channels = shape->out_channels;
    const int32_t done = (end - row) * channels;
    const int32_t from = row < 0 ? 0 : row, to = end < shape->rows ? end : shape->rows;

    if (from < to) {
        store_rows(shape, run->sums + run->start + (from - row) * channels, run->out + from * channels, to - from);
    }
    run->start += done;
    if (run->start + run->length > SUMS) {
        int32_t *to_sum = run->sums, *const fresh = to_sum + run->length - done;
        for (const int32_t *from_sum = to_sum + run->start; to_sum != fresh;) {
            *to_sum++ = *from_sum++;
        }
        memset(fresh, 0, (size_t)(run->sums + SUMS + SLACK - fresh) * sizeof *fresh);
        run->start = 0;
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
        const int32_t first = row + shape->pad - reach_of(shape);
        emit(run, first, first + 1);
    }
}

static void finish_rows(conv_run_t *run)
{
    const int32_t first = run->row + run->shape->pad - reach_of(run->shape);

    emit(run, first, run->row + 1 < run->shape->rows ? first + 2 : first + 1);
    run->row += 2;
}

static void expand_conv(sk_tile_run_t *tile, uint32_t *rows)
{
    conv_run_t *run = (conv_run_t *)tile;
    const sk_fast_conv_t *shape = run->shape;
    const int8_t *in;

    run->group++;
    if (run->group < run->groups) {
        run->tile.tiles += run->group_words;
    } else {
        run->group = 0;
        if (run->part < run->parts.count - 1) {
            run->part++;
            run->tile.tiles += run->group_words;
        } else {
            run->part = 0;
            run->tile.tiles = shape->tiles;
            if (run->row >= 0) {
                finish_rows(run);
            } else {
                run->row = 0;
            }
        }
        in = run->in + run->row * shape->in_channels;
        run->tile.first = in;
        run->tile.second = run->row + 1 < shape->rows ? in + shape->in_channels : in;
        if (run->parts.count == 1) {
            sk_tile_expand(&run->tile, rows);
        } else {
            sk_tile_expand_part(&run->tile, rows, shape->in_channels, run->part, run->parts.width);
        }
        if (run->tile.second == in) { /* a last row alone: beside it, one that adds nothing */
            memset(rows + SK_TILE_PAIRS, 0, SK_TILE_PAIRS * sizeof rows[0]);
        }
    }
    run->tile.results = run->sums + run->start + run->group * shape->dilation * shape->out_channels;
}

void sk_fast_conv(const sk_fast_conv_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t columns = shape->dilation == 1 ? shape->taps * shape->out_channels : shape->out_channels;
    conv_run_t run;

    memset(&run, 0, sizeof run);
    run.groups = shape->dilation == 1 ? 1 : shape->taps;
    run.tile.expand = expand_conv;
    run.tile.tiles = shape->tiles;
    run.parts = sk_tile_parts(shape->in_channels);
    run.tile.count = (shape->rows + 1) / 2 * run.groups * run.parts.count;
    run.tile.channels = run.parts.width;
    run.tile.pairs = (run.parts.width + 1) / 2;
    run.tile.stage = SK_TILE_SUMS;
    run.tile.result_bytes = (columns + 3) / 4 * 16;
    run.tile.next_row = 4 * shape->out_channels; /* the second row's tap is the first's one output row later */
    run.shape = shape;
    run.length = (reach_of(shape) + 2) * shape->out_channels;
    run.in = in;
    run.out = out;
    run.row = -1;
    run.group = run.groups - 1;
    run.part = run.parts.count - 1;
    run.group_words = (columns + 3) / 4 * 4 * run.tile.pairs;
    add_padding(&run, -(int32_t)shape->pad, shape->pad);
    sk_tile_run(&run.tile);
    finish_rows(&run);
    add_padding(&run, shape->rows, reach_of(shape) - shape->pad);
}
