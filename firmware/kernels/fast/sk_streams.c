#include "sk_streams.h"

#include <string.h>

void sk_run_streams(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out, const sk_streamed_t *kind)
{
    const int32_t dilation = shape->dilation, rows = shape->rows, channels = shape->channels, step = channels * dilation;
    sk_streams_t streams;

    if (in != out) {
        memcpy(out, in, (size_t)(rows * channels));
    }
    streams.step = step;
    streams.pad = sk_pair(shape->pad, shape->pad);
    streams.channels = channels;
    /* the rows whose index modulo the dilation is below rows % dilation, of which there is one more; then the others */
    streams.count = rows / dilation + 1;
    streams.streams = rows % dilation;
    for (int32_t part = 0; part < 2; part++) {
        const int32_t pairs = (streams.count - kind->ahead) / 2; /* with both rows to read inside */
        if (streams.streams > 0) {
            streams.row = out;
            streams.entry = pairs > 0 ? kind->ahead * pairs % 3 : -1;
            streams.main_bytes = 2 * pairs * step;
            streams.record = shape->records;
            streams.channels_left = channels;
            streams.turn = 1 - streams.streams * channels;
            kind->run(&streams);
        }
        out += streams.streams * channels;
        streams.streams = dilation - streams.streams;
        streams.count--;
    }
}

#if !SK_HAS_DSP_ASSEMBLY

#define MOST_TAPS 9

static int32_t result(sk_requantizer_t requantizer, const int32_t *constants, int32_t shift, int32_t sum)
{
    if (requantizer == SK_REQUANTIZER_LINEAR) {
        return sk_ssat8(sk_linear(sum, constants[2], constants[0], shift));
    }
    return sk_ssat8(sk_smmul(sum, constants[1]) >> (requantizer == SK_REQUANTIZER_MIXED ? shift : SK_FAST_DW5_SHIFT));
}

static void plain_stream(const sk_streams_t *streams, sk_requantizer_t requantizer, int32_t taps, int32_t behind)
{
    const int8_t *const weights = (const int8_t *)streams->record;
    const int32_t *const constants = streams->record + (taps + 4) / 4;
    const int32_t linear = requantizer == SK_REQUANTIZER_LINEAR, shift = (uint8_t)weights[taps], pad = sk_low(streams->pad);
    int32_t window[MOST_TAPS];

    for (int32_t tap = 0; tap < taps; tap++) {
        window[tap] = pad;
    }
    for (int32_t row = -behind; row < streams->count; row++) {
        int32_t sum = constants[linear];
        memmove(window, window + 1, (size_t)(taps - 1) * sizeof *window);
        window[taps - 1] = row + behind < streams->count ? streams->row[(row + behind) * streams->step] : pad;
        for (int32_t tap = 0; tap < taps; tap++) {
            sum += (linear ? 2 : SK_FIT_SCALE) * weights[tap] * window[tap];
        }
        if (row >= 0) {
            streams->row[row * streams->step] = (int8_t)result(requantizer, constants, shift, sum);
        }
    }
}

void sk_plain_streams(sk_streams_t *streams, sk_requantizer_t requantizer, int32_t taps, int32_t behind)
{
    for (; streams->channels_left > 0; streams->channels_left--) {
        for (int32_t stream = 0; stream < streams->streams; stream++) {
            plain_stream(streams, requantizer, taps, behind);
            streams->row += streams->channels;
        }
        streams->row += streams->turn;
        streams->record += (taps + 4) / 4 + (requantizer == SK_REQUANTIZER_LINEAR ? 3 : 2);
    }
}

#endif
