#include "sk_fast_pointwise.h"

#include <string.h>

#include "../sk_quant.h"
#include "sk_simd.h"

/* All rows of in_channels to out_channels, two at a time; the fields of the results' columns and of expand() are set. */
static void run_rows(sk_tile_run_t *run, int32_t rows, const int8_t *in, int32_t in_channels, int8_t *out,
                     int32_t out_channels)
{
    const int grows = out_channels > in_channels;
    const int32_t even = rows & ~1, start = grows ? even - 2 : 0;

    run->channels = in_channels;
    run->pairs = (in_channels + 1) / 2;
    run->sums = 0;
    for (int32_t part = 0; part < 2; part++) {
        if (part == grows) { /* rows that grow are done from the last on, a single last one first */
            run->count = even / 2;
            run->first = in + start * in_channels;
            run->second = run->first + in_channels;
            run->in_step = 2 * (grows ? -in_channels : in_channels);
            run->results = out + start * out_channels;
            run->result_step = 2 * (grows ? -out_channels : out_channels);
            run->next_row = out_channels;
        } else {
            run->count = rows & 1;
            run->first = run->second = in + even * in_channels;
            run->in_step = run->result_step = run->next_row = 0;
            run->results = out + even * out_channels;
        }
        sk_tile_run(run);
    }
}

static void pointwise(sk_tile_run_t *run, const sk_fast_pw_t *shape, const int32_t *tiles, const int8_t *in, int8_t *out)
{
    run->tiles = tiles;
    run->result_bytes = shape->out_channels & ~3;
    run->partial = shape->out_channels & 3;
    run_rows(run, shape->rows, in, shape->in_channels, out, shape->out_channels);
}

void sk_fast_pw_on(const sk_fast_pw_t *shape, const int32_t *tiles, const int8_t *in, int8_t *out)
{
    sk_tile_run_t run;
    run.expand = sk_tile_expand;
    pointwise(&run, shape, tiles, in, out);
}

void sk_fast_pw(const sk_fast_pw_t *shape, const int8_t *in, int8_t *out)
{
    sk_fast_pw_on(shape, shape->tiles, in, out);
}

void sk_fast_gated_pw_on(const sk_fast_gated_pw_t *shape, const sk_fast_scale_t *scale, const int32_t *tiles,
                         const int8_t *in, const int8_t *gates, int8_t *out)
{
    sk_tile_run_t run;
    int32_t slopes[2 * SK_TILE_PAIRS];

    sk_fast_gate_start(&run, &shape->gate, scale, gates, slopes, shape->convolution.in_channels);
    pointwise(&run, &shape->convolution, tiles, in, out);
}

void sk_fast_gated_pw(const sk_fast_gated_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out)
{
    sk_fast_gated_pw_on(shape, NULL, shape->convolution.tiles, in, gates, out);
}

/* Columns whose sums are kept at a time by sk_fast_pw_any, a multiple of 4. */
#define ANY_COLUMNS 16

typedef struct {
    sk_tile_run_t tile; /* first, so that expand() finds the rest */
    const sk_fast_pw_any_t *shape;
    const int8_t *in;
    int8_t *out;
    int32_t row, step; /* the pair's first row; 2, or -2 where rows grow */
    int32_t column;    /* of the sums under way; out_channels: the pair is done */
    int32_t sums[2][ANY_COLUMNS];
    int8_t results[2][SK_FAST_PW_ANY_COLUMNS];
} any_run_t;

/* The sums under way are complete. */
static void finish_columns(any_run_t *run)
{
    const sk_fast_pw_any_t *shape = run->shape;
    int8_t *out = run->out + run->row * shape->out_channels;

    for (int32_t i = 0; i < ANY_COLUMNS && run->column < shape->out_channels; i++, run->column++) {
        const int32_t multiplier = shape->multiplier[run->column], shift = shape->shift[run->column];
        for (int32_t row = 0; row < 2; row++) {
            const int32_t value = sk_requantize(run->sums[row][i], multiplier, shift) + shape->out_zero_point;
            run->results[row][run->column] = (int8_t)sk_clamp(value, shape->low, shape->high);
        }
    }
    if (run->column == shape->out_channels) {
        memcpy(out, run->results[0], shape->out_channels);
        if (run->row + 1 < shape->rows) {
            memcpy(out + shape->out_channels, run->results[1], shape->out_channels);
        }
        run->row += run->step;
    }
}

static void expand_any(sk_tile_run_t *tile, uint32_t *rows)
{
    any_run_t *run = (any_run_t *)tile;
    const sk_fast_pw_any_t *shape = run->shape;

    if (run->column >= 0) {
        finish_columns(run);
        run->tile.tiles += ANY_COLUMNS * run->tile.pairs;
    }
    if (run->column < 0 || run->column == shape->out_channels) {
        run->tile.first = run->in + run->row * shape->in_channels;
        run->tile.second = run->tile.first + (run->row + 1 < shape->rows ? shape->in_channels : 0);
        sk_tile_expand(&run->tile, rows);
        run->tile.tiles = shape->tiles;
        run->column = 0;
    }
    const int32_t left = (shape->out_channels - run->column + 3) & ~3;
    run->tile.result_bytes = 4 * (left < ANY_COLUMNS ? left : ANY_COLUMNS);
    for (int32_t i = 0; i < ANY_COLUMNS; i++) {
        run->sums[0][i] = run->sums[1][i] = i < shape->out_channels - run->column ? shape->bias[run->column + i] : 0;
    }
}

void sk_fast_pw_any(const sk_fast_pw_any_t *shape, const int8_t *in, int8_t *out)
{
    const int grows = shape->out_channels > shape->in_channels;
    const int32_t pairs = (shape->rows + 1) / 2;
    any_run_t run;

    memset(&run.tile, 0, sizeof run.tile);
    run.tile.expand = expand_any;
    run.tile.count = pairs * ((shape->out_channels + ANY_COLUMNS - 1) / ANY_COLUMNS);
    run.tile.results = run.sums[0];
    run.tile.next_row = (int32_t)sizeof run.sums[0];
    run.tile.channels = shape->in_channels;
    run.tile.pairs = (shape->in_channels + 1) / 2;
    run.tile.sums = 1;
    run.shape = shape;
    run.in = in;
    run.out = out;
    run.row = grows ? 2 * (pairs - 1) : 0;
    run.step = grows ? -2 : 2;
    run.column = -1;
    sk_tile_run(&run.tile);
    finish_columns(&run);
}
