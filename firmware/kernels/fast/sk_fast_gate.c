#include "sk_fast_gate.h"

#include "sk_fast_tile.h"

void sk_fast_gate_pairs(const sk_fast_gate_t *gate, const int8_t *gates, uint32_t *pairs, int32_t channels)
{
    const int32_t count = (channels + 1) / 2;
    sk_tile_expand(gates, pairs, channels);
    for (int32_t p = 0; p < count; p++) {
        pairs[p] = sk_pair((sk_low(pairs[p]) + 128) << gate->up, (sk_high(pairs[p]) + 128) << gate->up);
    }
}

void sk_fast_mul(const sk_fast_mul_t *shape, const int8_t *in, const int8_t *gates, int8_t *out)
{
    const int32_t multiplier = shape->gate.multiplier, rounding = shape->gate.rounding;
    const int32_t whole = shape->channels & ~3;
    uint32_t pairs[SK_TILE_PAIRS];

    sk_fast_gate_pairs(&shape->gate, gates, pairs, shape->channels);
    for (int32_t row = 0; row < shape->rows; row++) {
        const uint32_t *pair = pairs;
        for (int32_t channel = 0; channel < whole; channel += 4, pair += 2) {
            const uint32_t bytes = sk_load_word(in + channel);
            const uint32_t even = sk_gate_pair(sk_gate_even(bytes), pair[0], multiplier, rounding);
            const uint32_t odd = sk_gate_pair(sk_gate_odd(bytes), pair[1], multiplier, rounding);
            sk_store_word(out + channel, (even & 0x00FF00FFu) | ((odd << 8) & 0xFF00FF00u));
        }
        for (int32_t channel = whole; channel < shape->channels; channel++) {
            const int32_t factor = ((int32_t)gates[channel] + 128) << shape->gate.up;
            const int32_t product = (((int32_t)in[channel] + 128) << 7) * factor;
            out[channel] = (int8_t)sk_ssat8(sk_smmla(product, multiplier, rounding) >> 16);
        }
        in += shape->channels;
        out += shape->channels;
    }
}
