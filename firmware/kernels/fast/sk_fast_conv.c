#include "sk_fast_conv.h"

#include <stddef.h>
#include <string.h>

#include "../sk_quant.h"
#include "sk_fast_tile.h"
#include "sk_simd.h"

/* Tiles whose sums are kept at a time. */
#define CONV_TILES 7

typedef struct {
    sk_tile_run_t tile;
    const sk_fast_conv_t *shape;
    const int8_t *in;
    int8_t *out;
    int32_t row;    /* first input row of the sums asked for */
    int32_t column; /* their first column; -1: none yet */
    int32_t columns;
    int32_t sums[8 * CONV_TILES];
    int32_t window[SK_FAST_CONV_WINDOW]; /* [(taps - 1) * dilation + 2][out_channels] sums */
} conv_run_t;

/* The window's first row belongs to this output row when input row `row` is added at its start. */
static int32_t out_row(const sk_fast_conv_t *shape, int32_t row)
{
    return row + shape->pad - (shape->taps - 1) * shape->dilation;
}

/* The first `rows` rows of the window are complete: out with them, fresh biases in at the end. */
static void emit(conv_run_t *run, int32_t first, int32_t rows)
{
    const sk_fast_conv_t *shape = run->shape;
    const int32_t channels = shape->out_channels;
    const int32_t kept = ((shape->taps - 1) * shape->dilation + 2 - rows) * channels;

    for (int32_t row = first; row < first + rows; row++) {
        for (int32_t channel = 0; row >= 0 && row < shape->rows && channel < channels; channel++) {
            const int32_t sum = run->window[(row - first) * channels + channel];
            const int32_t value = sk_requantize(sum, shape->multiplier[channel], shape->shift[channel]);
            run->out[row * channels + channel] =
                (int8_t)sk_clamp(value + shape->out_zero_point, shape->low, shape->high);
        }
    }
    memmove(run->window, run->window + rows * channels, (size_t)kept * sizeof run->window[0]);
    for (int32_t i = 0; i < rows; i++) {
        memcpy(run->window + kept + i * channels, shape->bias, (size_t)channels * sizeof run->window[0]);
    }
}

/* Rows of padding before the first input row, or behind the last. */
static void add_padding(conv_run_t *run, int32_t row, int32_t rows)
{
    const sk_fast_conv_t *shape = run->shape;
    const int32_t channels = shape->out_channels;

    for (; rows > 0; rows--, row++) {
        for (int32_t tap = 0; tap < shape->taps; tap++) {
            for (int32_t channel = 0; channel < channels; channel++) {
                int32_t *sum = &run->window[tap * shape->dilation * channels + channel];
                *sum = sk_wrap_add(*sum, shape->padding[tap * channels + channel]);
            }
        }
        emit(run, out_row(shape, row), 1);
    }
}

static void add_sums(conv_run_t *run)
{
    const int32_t channels = run->shape->out_channels;
    const int32_t skip = (run->shape->dilation - 1) * channels;
    int32_t *window = run->window + run->column + run->column / channels * skip;
    int32_t channel = run->column % channels;

    for (int32_t i = 0; i < run->columns; i++, window++) {
        const int32_t *sums = run->sums + 8 * (i / 4) + i % 4;
        window[0] = sk_wrap_add(window[0], sums[0]);
        window[channels] = sk_wrap_add(window[channels], sums[4]);
        if (++channel == channels) {
            channel = 0;
            window += skip;
        }
    }
}

static void *next_sums(sk_tile_run_t *tile, uint32_t *rows)
{
    conv_run_t *run = (conv_run_t *)tile;
    const sk_fast_conv_t *shape = run->shape;
    const int32_t columns = shape->taps * shape->out_channels;
    int32_t tiles;

    if (run->column >= 0) {
        if (run->row + 1 == shape->rows) { /* a last row alone: what stands beside it is no row */
            for (int32_t i = 0; i < 8 * CONV_TILES; i++) {
                run->sums[i] = i & 4 ? 0 : run->sums[i];
            }
        }
        add_sums(run);
        run->column += run->columns;
        if (run->column == columns) {
            emit(run, out_row(shape, run->row), run->row + 1 < shape->rows ? 2 : 1);
            run->row += 2;
            run->column = -1;
        }
    }
    if (run->column < 0) {
        const int8_t *in = run->in + run->row * shape->in_channels;
        if (run->row >= shape->rows) {
            return NULL;
        }
        sk_tile_expand(in, rows, shape->in_channels);
        sk_tile_expand(run->row + 1 < shape->rows ? in + shape->in_channels : in, rows + SK_TILE_PAIRS,
                       shape->in_channels);
        run->column = 0;
        run->tile.tiles = shape->tiles;
    } else {
        run->tile.tiles += CONV_TILES * (run->tile.tile_bytes / 4);
    }
    tiles = (columns - run->column + 3) / 4;
    tiles = tiles < CONV_TILES ? tiles : CONV_TILES;
    run->columns = columns - run->column < 4 * tiles ? columns - run->column : 4 * tiles;
    run->tile.result_bytes = 32 * tiles;
    return run->sums;
}

void sk_fast_conv(const sk_fast_conv_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t behind = (shape->taps - 1) * shape->dilation - shape->pad;
    const int32_t window_rows = (shape->taps - 1) * shape->dilation + 2;
    conv_run_t run;

    run.tile.next = next_sums;
    run.tile.pairs = (shape->in_channels + 1) / 2;
    run.tile.tile_bytes = 32 + 16 * run.tile.pairs;
    run.tile.next_row = 0;
    run.tile.partial = 0;
    run.shape = shape;
    run.in = in;
    run.out = out;
    run.row = 0;
    run.column = -1;
    for (int32_t i = 0; i < window_rows; i++) {
        memcpy(run.window + i * shape->out_channels, shape->bias, (size_t)shape->out_channels * sizeof(int32_t));
    }
    add_padding(&run, -(int32_t)shape->pad, shape->pad);
    sk_tile_run(&run.tile);
    add_padding(&run, shape->rows, behind);
}
