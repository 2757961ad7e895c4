#include "sk_fast_conv.h"

#include <stddef.h>
#include <string.h>

#include "sk_fast_tile.h"
#include "sk_linear.h"
#include "sk_simd.h"

/* Columns that fill up a record add 0 to what lies behind the window. */
#define SLACK 3

typedef struct {
    sk_tile_run_t tile;
    const sk_fast_conv_t *shape;
    const int8_t *in;
    int8_t *out;
    int32_t row;   /* first input row of the sums asked for */
    int32_t group; /* records asked for: those of one tap, or all with dilation 1; -1: none yet */
    int32_t groups;
    int32_t group_words;
    /* Output rows under way, [reach + 2][out_channels] sums: of even input rows and, apart, of odd ones; for a tile of
       fewer than four columns a tap would write to the same sum for both rows. */
    int32_t even[SK_FAST_CONV_WINDOW + SLACK];
    int32_t odd[SK_FAST_CONV_WINDOW + SLACK];
} conv_run_t;

static int32_t reach_of(const sk_fast_conv_t *shape)
{
    return (shape->taps - 1) * shape->dilation;
}

/* The window's first `rows` rows are complete; the first is output row `first`. Fresh rows come in behind. */
static void emit(conv_run_t *run, int32_t first, int32_t rows)
{
    const sk_fast_conv_t *shape = run->shape;
    const int32_t channels = shape->out_channels, low = shape->low, high = shape->high;
    const int32_t done = rows * channels, kept = (reach_of(shape) + 2 - rows) * channels;
    const int32_t *even = run->even, *odd = run->odd;

    for (int32_t row = first; row < first + rows; row++) {
        for (int32_t channel = 0; channel < channels; channel++) {
            const int32_t sum = *even++ + *odd++ + shape->bias[channel];
            if (row >= 0 && row < shape->rows) {
                const int32_t value =
                    sk_linear(sum, shape->multiplier[channel], shape->rounding[channel], shape->shift[channel]);
                run->out[row * channels + channel] = (int8_t)(value < low ? low : value > high ? high : value);
            }
        }
    }
    for (int32_t i = 0; i < kept; i++) {
        run->even[i] = run->even[done + i];
        run->odd[i] = run->odd[done + i];
    }
    for (int32_t i = kept; i < kept + done; i++) {
        run->even[i] = run->odd[i] = 0;
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
                run->even[tap * shape->dilation * channels + channel] += shape->padding[tap * channels + channel];
            }
        }
        emit(run, row + shape->pad - reach_of(shape), 1);
    }
}

static void *next_sums(sk_tile_run_t *tile, uint32_t *rows)
{
    conv_run_t *run = (conv_run_t *)tile;
    const sk_fast_conv_t *shape = run->shape;
    const int32_t channels = shape->out_channels;

    if (run->group >= 0) {
        run->tile.tiles += run->group_words;
        run->group++;
    }
    if (run->group == run->groups) {
        emit(run, run->row + shape->pad - reach_of(shape), run->row + 1 < shape->rows ? 2 : 1);
        run->row += 2;
        run->group = -1;
    }
    if (run->group < 0) {
        const int8_t *in = run->in + run->row * shape->in_channels;
        if (run->row >= shape->rows) {
            return NULL;
        }
        sk_tile_expand(in, rows, shape->in_channels);
        if (run->row + 1 < shape->rows) {
            sk_tile_expand(in + shape->in_channels, rows + SK_TILE_PAIRS, shape->in_channels);
        } else { /* a last row alone: beside it, one that adds nothing */
            memset(rows + SK_TILE_PAIRS, 0, SK_TILE_PAIRS * sizeof rows[0]);
        }
        run->group = 0;
        run->tile.tiles = shape->tiles;
    }
    return run->even + run->group * shape->dilation * channels;
}

void sk_fast_conv(const sk_fast_conv_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t columns = shape->dilation == 1 ? shape->taps * shape->out_channels : shape->out_channels;
    conv_run_t run;

    memset(&run, 0, sizeof run);
    run.tile.next = next_sums;
    run.tile.pairs = (shape->in_channels + 1) / 2;
    run.tile.tile_bytes = 32 + 16 * run.tile.pairs;
    run.tile.result_bytes = (columns + 3) / 4 * 16;
    run.tile.next_row = (int32_t)(offsetof(conv_run_t, odd) - offsetof(conv_run_t, even)) + 4 * shape->out_channels;
    run.shape = shape;
    run.in = in;
    run.out = out;
    run.group = -1;
    run.groups = shape->dilation == 1 ? 1 : shape->taps;
    run.group_words = (columns + 3) / 4 * run.tile.tile_bytes / 4;
    add_padding(&run, -(int32_t)shape->pad, shape->pad);
    sk_tile_run(&run.tile);
    add_padding(&run, shape->rows, reach_of(shape) - shape->pad);
}
