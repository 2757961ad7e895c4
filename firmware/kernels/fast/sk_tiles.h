/*
 * The matrix product behind the fast pointwise and 1xk convolutions: two rows of int16 against all columns, four
 * columns at a time, so that 8 accumulators stay in registers (a 2 x 4 tile).
 *
 * A row of `channels` int8 is expanded once to pairs of int16 in the order of sk_tile_expand. The weights lie in flash
 * as one record per four columns: 4 biases, per pair of the row 4 pairs of weights, then by the requantizer: 4 multipliers
 * (fitted); multipliers and shifts (mixed); multipliers, roundings and shifts (linear). For sums a record is nothing but
 * weights. The row's pairs are taken in the order 0, n - 1, n - 2, ... 1 (sktools/compiler/fast/tiles.py).
 */
#ifndef SK_TILES_H
#define SK_TILES_H

#include <stdint.h>

#include "sk_requantizer.h"

/* Pairs in the longest row: 72 channels. */
#define SK_TILE_PAIRS 36

typedef struct sk_tile_run sk_tile_run_t;

struct sk_tile_run {
    /*
     * Puts the pairs of first and second at rows and rows + SK_TILE_PAIRS. May change what is below for its two rows. On
     * the target it need not preserve r4 to r11.
     */
    void (*expand)(sk_tile_run_t *run, uint32_t *rows);
    int32_t count; /* of two rows, left to do */

    const int8_t *first, *second; /* the same row twice, with next_row 0, is one row */
    int32_t in_step;              /* bytes to the next two rows */
    void *results;                /* of the first row */
    int32_t result_step;          /* bytes to the next two rows' */
    int32_t result_bytes;         /* of a row's results from whole tiles */
    int32_t partial;              /* columns beyond them, 0 to 3; only for int8 results */
    const int32_t *tiles;
    int32_t requantizer; /* sk_requantizer_t but TFLITE; the product's assembly compares with SUMS */
    int32_t next_row;    /* bytes to the second row's results */

    int32_t pairs; /* in a row */

    int32_t channels; /* these for expand() */
    const int32_t *slopes;
    int32_t rounding;
};

/* All tiles over `count` times two rows. */
void sk_tile_run(sk_tile_run_t *run);

/*
 * An expand() for plain rows: (channels + 1) / 2 pairs of each, in the order (0,2) (1,3) (4,6) (5,7)...; what is left over
 * as (0,-), as (0,1), as (0,2) (1,-).
 */
void sk_tile_expand(sk_tile_run_t *run, uint32_t *rows);

/*
 * Rows of more channels than a tile product's are taken in equal parts, `width` channels each and the last one perhaps
 * shorter, with records of `width` channels each whose missing weights are 0.
 */
typedef struct {
    int32_t count, width;
} sk_tile_parts_t;

static inline sk_tile_parts_t sk_tile_parts(int32_t channels)
{
    const int32_t count = (channels + 2 * SK_TILE_PAIRS - 1) / (2 * SK_TILE_PAIRS);
    const sk_tile_parts_t parts = {count, count == 1 ? channels : ((channels + count - 1) / count + 3) & ~3};
    return parts;
}

/* Part `part` of run->first and run->second, of `channels` in all, by sk_tile_expand; run is as before afterwards. */
void sk_tile_expand_part(sk_tile_run_t *run, uint32_t *rows, int32_t channels, int32_t part, int32_t width);

/* The last 1, 2 or 3 channels as a word whose even and odd bytes are the pairs of that order. */
static inline uint32_t sk_tile_tail(const int8_t *row, int32_t channels)
{
    uint32_t bytes = (uint8_t)row[0];
    if (channels == 2) {
        bytes |= (uint32_t)(uint8_t)row[1] << 16;
    } else if (channels == 3) {
        bytes |= (uint32_t)(uint8_t)row[1] << 8 | (uint32_t)(uint8_t)row[2] << 16;
    }
    return bytes;
}

#endif
