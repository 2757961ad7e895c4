#include "sk_conv_1x1.h"

#include <stddef.h>

/* All rows of in_channels to out_channels, two at a time; the fields of the results' columns and of expand() are set. */
static void run_rows(sk_tile_run_t *run, int32_t rows, const int8_t *in, int32_t in_channels, int8_t *out,
                     int32_t out_channels)
{
    const int grows = out_channels > in_channels;
    const int32_t even = rows & ~1, start = grows ? even - 2 : 0;

    run->channels = in_channels;
    run->pairs = (in_channels + 1) / 2;
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
    run->requantizer = shape->requantizer;
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
