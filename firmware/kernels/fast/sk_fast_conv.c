#include "sk_fast_conv.h"

#include <string.h>

#include "sk_fast_tile.h"
#include "sk_linear.h"
#include "sk_simd.h"

/* Columns that fill up a record add 0 to what lies behind the window. */
#define SLACK 3

/* The window slides through this many sums before it is moved back. */
#define SUMS 64

typedef struct {
    sk_tile_run_t tile; /* first, so that expand() finds the rest */
    const sk_fast_conv_t *shape;
    const int8_t *in;
    int8_t *out;
    int32_t row;   /* first input row of the pair under way; -1: none yet */
    int32_t group; /* records under way: those of one tap, or all where dilation is 1 */
    int32_t groups, group_words;
    int32_t start;              /* of the window in sums: [(taps - 1) * dilation + 2][out_channels], the output rows under way */
    int32_t sums[SUMS + SLACK]; /* 0 behind the window */
} conv_run_t;

static int32_t reach_of(const sk_fast_conv_t *shape)
{
    return (shape->taps - 1) * shape->dilation;
}

/* Output row `row` is complete, the window's first. */
static void emit(conv_run_t *run, int32_t row)
{
    const sk_fast_conv_t *shape = run->shape;
    const int32_t channels = shape->out_channels, low = shape->low, high = shape->high;
    const int32_t length = (reach_of(shape) + 2) * channels;

    if (row >= 0 && row < shape->rows) {
        const int32_t *sum = run->sums + run->start, *end = sum + channels;
        const int32_t *bias = shape->bias, *multiplier = shape->multiplier;
        const int32_t *rounding = shape->rounding, *shift = shape->shift;
        int8_t *out = run->out + row * channels;
        for (; sum != end; sum++) {
            const int32_t value = sk_linear(*sum + *bias++, *multiplier++, *rounding++, *shift++);
            *out++ = (int8_t)(value < low ? low : value > high ? high : value);
        }
    }
    run->start += channels;
    if (run->start + length > SUMS) {
        const size_t kept = (size_t)(length - channels);
        memmove(run->sums, run->sums + run->start, kept * sizeof run->sums[0]);
        memset(run->sums + kept, 0, sizeof run->sums - kept * sizeof run->sums[0]);
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
        emit(run, row + shape->pad - reach_of(shape));
    }
}

static void finish_rows(conv_run_t *run)
{
    const int32_t first = run->row + run->shape->pad - reach_of(run->shape);

    emit(run, first);
    if (run->row + 1 < run->shape->rows) {
        emit(run, first + 1);
    }
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
        if (run->row >= 0) {
            finish_rows(run);
        } else {
            run->row = 0;
        }
        in = run->in + run->row * shape->in_channels;
        sk_tile_expand(in, rows, shape->in_channels);
        if (run->row + 1 < shape->rows) {
            sk_tile_expand(in + shape->in_channels, rows + SK_TILE_PAIRS, shape->in_channels);
        } else { /* a last row alone: beside it, one that adds nothing */
            memset(rows + SK_TILE_PAIRS, 0, SK_TILE_PAIRS * sizeof rows[0]);
        }
        run->group = 0;
        run->tile.tiles = shape->tiles;
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
    run.tile.count = (shape->rows + 1) / 2 * run.groups;
    run.tile.pairs = (shape->in_channels + 1) / 2;
    run.tile.tile_bytes = 32 + 16 * run.tile.pairs;
    run.tile.result_bytes = (columns + 3) / 4 * 16;
    run.tile.next_row = 4 * shape->out_channels; /* the second row's tap is the first's one output row later */
    run.shape = shape;
    run.in = in;
    run.out = out;
    run.row = -1;
    run.group = run.groups - 1;
    run.group_words = (columns + 3) / 4 * run.tile.tile_bytes / 4;
    add_padding(&run, -(int32_t)shape->pad, shape->pad);
    sk_tile_run(&run.tile);
    finish_rows(&run);
    add_padding(&run, shape->rows, reach_of(shape) - shape->pad);
}
