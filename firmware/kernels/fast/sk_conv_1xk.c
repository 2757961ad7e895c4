#include "sk_conv_1xk.h"

#include <string.h>

#include "../sk_quant.h"
#include "sk_linear.h"
#include "sk_simd.h"

/* Columns whose sums are kept at a time, a multiple of 4. */
#define COLUMNS 16

typedef struct {
    sk_tile_run_t tile; /* first, so that expand() finds the rest */
    const sk_fast_any_t *shape;
    const int8_t *in;
    int8_t *out;
    int8_t *results;   /* [2][out_channels], until both rows have been read for the last time */
    int32_t row, step; /* the pair's first row; 2, or -2 where rows grow */
    int32_t column;    /* of the sums under way; -1: none yet */
    int32_t tap, part; /* under way */
    int32_t part_words; /* of weights */
    sk_tile_parts_t parts;
    int32_t sums[2][COLUMNS];
} any_run_t;

/* The first `count` sums of a row, of the columns from run->column on. */
static void requantize(const any_run_t *run, const int32_t *sums, int32_t count, int8_t *results)
{
    const sk_fast_any_t *shape = run->shape;
    const int32_t *multiplier = shape->multiplier + run->column, *shift = shape->shift + run->column;
    const int32_t low = shape->low, high = shape->high;

    if (shape->rounding != NULL) {
        const int32_t *rounding = shape->rounding + run->column;
        for (int32_t i = 0; i < count; i++) {
            const int32_t value = sk_linear(sums[i], multiplier[i], rounding[i], shift[i]);
            results[i] = (int8_t)sk_clamp(value, low, high);
        }
    } else {
        for (int32_t i = 0; i < count; i++) {
            const int32_t value = sk_requantize(sums[i], multiplier[i], shift[i]) + shape->out_zero_point;
            results[i] = (int8_t)sk_clamp(value, low, high);
        }
    }
}

/* Columns from run->column on whose sums are kept at a time. */
static int32_t columns_at_a_time(const any_run_t *run)
{
    const int32_t left = run->shape->out_channels - run->column;
    return left < COLUMNS ? left : COLUMNS;
}

/* The sums under way are complete. */
static void finish_columns(any_run_t *run)
{
    const int32_t columns = run->shape->out_channels, count = columns_at_a_time(run);
    int8_t *results = run->results + run->column;

    requantize(run, run->sums[0], count, results);
    requantize(run, run->sums[1], count, results + columns);
    run->column += count;
    if (run->column == columns) {
        const int32_t rows = run->row + 1 < run->shape->rows ? 2 : 1;
        memcpy(run->out + run->row * columns, run->results, (size_t)(rows * columns));
        run->row += run->step;
        run->column = 0;
    }
}

static void start_columns(any_run_t *run)
{
    const int32_t count = columns_at_a_time(run);
    const size_t bytes = (size_t)count * sizeof run->sums[0][0];

    memcpy(run->sums[0], run->shape->bias + run->column, bytes);
    memcpy(run->sums[1], run->sums[0], bytes);
    run->tile.result_bytes = (count + 3) / 4 * 16; /* columns that fill up a record go to sums that nobody reads */
}

/* The tap's part of one row, where `row` lies outside one of zero points. */
static void pad_row(const any_run_t *run, int32_t row, uint32_t *pairs)
{
    const int32_t zero_point = run->shape->zero_point;

    if (row < 0 || row >= run->shape->rows) {
        for (int32_t pair = 0; pair < run->tile.pairs; pair++) {
            pairs[pair] = sk_pair(zero_point, zero_point);
        }
    }
}

static const int8_t *row_at(const any_run_t *run, int32_t row)
{
    const int32_t last = run->shape->rows - 1;
    return run->in + (row < 0 ? 0 : row > last ? last : row) * run->shape->in_channels;
}

/* What the tap under way reads for both rows of the pair; the last row of an odd number is done twice. */
static void expand_rows(any_run_t *run, uint32_t *rows)
{
    const sk_fast_any_t *shape = run->shape;
    const int32_t first = run->row + run->tap * shape->dilation - shape->padding;
    const int32_t second = run->row + 1 < shape->rows ? first + 1 : first;

    run->tile.first = row_at(run, first);
    run->tile.second = row_at(run, second);
    sk_tile_expand_part(&run->tile, rows, shape->in_channels, run->part, run->parts.width);
    pad_row(run, first, rows);
    pad_row(run, second, rows + SK_TILE_PAIRS);
}

static void expand_any(sk_tile_run_t *tile, uint32_t *rows)
{
    any_run_t *run = (any_run_t *)tile;

    run->part++;
    if (run->part == run->parts.count) {
        run->part = 0;
        run->tap++;
    }
    if (run->tap == run->shape->taps) {
        run->tap = 0;
        if (run->column < 0) {
            run->column = 0;
        } else {
            finish_columns(run);
        }
        start_columns(run);
    }
    if (run->parts.count * run->shape->taps > 1 || run->column == 0) { /* else they are there from the columns before */
        expand_rows(run, rows);
    }
    run->tile.tiles = run->shape->tiles + (run->tap * run->parts.count + run->part) * run->part_words
                      + run->column * run->tile.pairs;
}

void sk_fast_any(const sk_fast_any_t *shape, const int8_t *in, int8_t *out, void *scratch)
{
    const int grows = shape->out_channels > shape->in_channels;
    const int32_t pairs = (shape->rows + 1) / 2;
    any_run_t run;

    memset(&run, 0, sizeof run);
    run.parts = sk_tile_parts(shape->in_channels);
    run.tile.expand = expand_any;
    run.tile.count = pairs * shape->taps * run.parts.count * ((shape->out_channels + COLUMNS - 1) / COLUMNS);
    run.tile.results = run.sums[0];
    run.tile.next_row = (int32_t)sizeof run.sums[0];
    run.tile.pairs = (run.parts.width + 1) / 2;
    run.tile.requantizer = SK_REQUANTIZER_SUMS;
    run.shape = shape;
    run.in = in;
    run.out = out;
    run.results = scratch;
    run.row = grows ? 2 * (pairs - 1) : 0;
    run.step = grows ? -2 : 2;
    run.column = -1;
    run.tap = shape->taps - 1;
    run.part = run.parts.count - 1;
    run.part_words = (shape->out_channels + 3) / 4 * 4 * run.tile.pairs;
    sk_tile_run(&run.tile);
    finish_columns(&run);
}
