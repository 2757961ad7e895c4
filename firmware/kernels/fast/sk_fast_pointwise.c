#include "sk_fast_pointwise.h"

#include <stddef.h>
#include <string.h>

#include "../sk_quant.h"
#include "sk_simd.h"

typedef struct {
    sk_tile_run_t tile; /* first, so that next() finds the rest */
    const int8_t *in;
    int8_t *out;
    int32_t in_channels, out_channels;
    int32_t row, rows;
    int32_t stride;  /* 2, or -2 where rows grow: the last pair first */
    int8_t *tail[2]; /* where the columns of the partial tile go; NULL before the first pair */
    const int32_t *slopes;
    int32_t rounding;
} pointwise_run_t;

static void start(pointwise_run_t *run, const sk_fast_pw_t *shape, const int8_t *in, int8_t *out)
{
    const int32_t pairs = (shape->in_channels + 1) / 2;
    const int grows = shape->out_channels > shape->in_channels;

    run->tile.tiles = shape->tiles;
    run->tile.tile_bytes = 32 + 16 * pairs;
    run->tile.pairs = pairs;
    run->tile.result_bytes = shape->out_channels & ~3;
    run->tile.partial = (shape->out_channels & 3) != 0;
    run->in = in;
    run->out = out;
    run->in_channels = shape->in_channels;
    run->out_channels = shape->out_channels;
    run->rows = shape->rows;
    run->stride = grows ? -2 : 2;
    run->row = grows ? ((shape->rows - 1) & ~1) + 2 : -2;
    run->tail[0] = run->tail[1] = NULL;
}

/* To the next pair; the last one's columns of the partial tile, which are not a word, get to their place. */
static int8_t *advance(pointwise_run_t *run)
{
    const size_t columns = (size_t)run->out_channels & 3u;
    int8_t *out;

    if (run->tail[0] != NULL) {
        memcpy(run->tail[0], &run->tile.tail[0], columns);
        memcpy(run->tail[1], &run->tile.tail[1], columns);
    }
    run->row += run->stride;
    if (run->row < 0 || run->row >= run->rows) {
        return NULL;
    }
    out = run->out + run->row * run->out_channels;
    run->tile.next_row = run->row + 1 < run->rows ? run->out_channels : 0;
    if (run->tile.partial) {
        run->tail[0] = out + run->tile.result_bytes;
        run->tail[1] = run->tail[0] + run->tile.next_row;
    }
    return out;
}

static void *next_plain(sk_tile_run_t *tile, uint32_t *rows)
{
    pointwise_run_t *run = (pointwise_run_t *)tile;
    int8_t *out = advance(run);

    if (out != NULL) {
        const int8_t *in = run->in + run->row * run->in_channels;
        sk_tile_expand(in, rows, run->in_channels);
        sk_tile_expand(run->tile.next_row ? in + run->in_channels : in, rows + SK_TILE_PAIRS, run->in_channels);
    }
    return out;
}

void sk_fast_pw(const sk_fast_pw_t *shape, const int8_t *in, int8_t *out)
{
    pointwise_run_t run;
    start(&run, shape, in, out);
    run.tile.next = next_plain;
    sk_tile_run(&run.tile);
}

static void *next_gated(sk_tile_run_t *tile, uint32_t *rows)
{
    pointwise_run_t *run = (pointwise_run_t *)tile;
    int8_t *out = advance(run);

    if (out != NULL) {
        const int8_t *in = run->in + run->row * run->in_channels;
        sk_fast_gate_expand(in, run->tile.next_row ? in + run->in_channels : in, rows, run->slopes, run->in_channels,
                            run->rounding);
    }
    return out;
}

void sk_fast_gated_pw(const sk_fast_gated_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out)
{
    pointwise_run_t run;
    int32_t slopes[2 * SK_TILE_PAIRS];

    sk_fast_gate_slopes(&shape->gate, gates, slopes, shape->convolution.in_channels);
    start(&run, &shape->convolution, in, out);
    run.tile.next = next_gated;
    run.slopes = slopes;
    run.rounding = shape->gate.rounding;
    sk_tile_run(&run.tile);
}

/* Tiles whose sums are kept at a time by sk_fast_pw_any. */
#define ANY_TILES 4

typedef struct {
    sk_tile_run_t tile;
    const sk_fast_pw_any_t *shape;
    const int8_t *in;
    int8_t *out;
    int32_t row, stride;
    int32_t column; /* first column of the sums asked for; -1: none yet */
    int32_t columns;
    int32_t sums[2][4 * ANY_TILES];
    int8_t results[2][SK_FAST_PW_ANY_COLUMNS];
} pointwise_any_run_t;

static void requantize_sums(pointwise_any_run_t *run)
{
    const sk_fast_pw_any_t *shape = run->shape;
    for (int32_t i = 0; i < run->columns; i++) {
        const int32_t column = run->column + i;
        for (int32_t row = 0; row < 2; row++) {
            const int32_t value = sk_requantize(run->sums[row][i], shape->multiplier[column], shape->shift[column]);
            run->results[row][column] = (int8_t)sk_clamp(value + shape->out_zero_point, shape->low, shape->high);
        }
    }
}

static void *next_any(sk_tile_run_t *tile, uint32_t *rows)
{
    pointwise_any_run_t *run = (pointwise_any_run_t *)tile;
    const sk_fast_pw_any_t *shape = run->shape;
    int32_t tiles;

    if (run->column >= 0) {
        requantize_sums(run);
        run->column += run->columns;
    }
    if (run->column < 0 || run->column >= shape->out_channels) {
        const int8_t *first;
        if (run->column > 0) {
            int8_t *out = run->out + run->row * shape->out_channels;
            memcpy(out, run->results[0], shape->out_channels);
            if (run->row + 1 < shape->rows) {
                memcpy(out + shape->out_channels, run->results[1], shape->out_channels);
            }
        }
        run->row += run->stride;
        if (run->row < 0 || run->row >= shape->rows) {
            return NULL;
        }
        first = run->in + run->row * shape->in_channels;
        sk_tile_expand(first, rows, shape->in_channels);
        sk_tile_expand(run->row + 1 < shape->rows ? first + shape->in_channels : first, rows + SK_TILE_PAIRS,
                       shape->in_channels);
        run->column = 0;
        run->tile.tiles = shape->tiles;
    } else {
        run->tile.tiles += ANY_TILES * (run->tile.tile_bytes / 4);
    }
    tiles = (shape->out_channels - run->column + 3) / 4;
    tiles = tiles < ANY_TILES ? tiles : ANY_TILES;
    run->columns = shape->out_channels - run->column < 4 * tiles ? shape->out_channels - run->column : 4 * tiles;
    run->tile.result_bytes = 16 * tiles;
    memset(run->sums, 0, sizeof run->sums);
    return run->sums;
}

void sk_fast_pw_any(const sk_fast_pw_any_t *shape, const int8_t *in, int8_t *out)
{
    const int grows = shape->out_channels > shape->in_channels;
    pointwise_any_run_t run;

    run.tile.next = next_any;
    run.tile.pairs = (shape->in_channels + 1) / 2;
    run.tile.tile_bytes = 32 + 16 * run.tile.pairs;
    run.tile.next_row = (int32_t)sizeof run.sums[0];
    run.tile.partial = 0;
    run.shape = shape;
    run.in = in;
    run.out = out;
    run.stride = grows ? -2 : 2;
    run.row = grows ? ((shape->rows - 1) & ~1) + 2 : -2;
    run.column = -1;
    sk_tile_run(&run.tile);
}
