/*
 * The pointwise convolutions of sk_conv_1x1.h and sk_conv_1x1_excite.h with weights of a byte in flash. Each call widens
 * them to scratch first, where the arena has room to spare: half the flash for two cycles a weight.
 *
 * `tiles` of the shape are narrow records: 4 biases, per two pairs of the row a word a column, whose bytes are the weights
 * (low of the first pair, low of the second, high, high), 4 multipliers. Their scale is SK_FIT_SCALE throughout, their
 * requantizer fitted.
 */
#ifndef SK_CONV_1X1_NARROW_H
#define SK_CONV_1X1_NARROW_H

#include "sk_conv_1x1.h"
#include "sk_conv_1x1_excite.h"

/* scratch: word aligned, (out_channels + 3) / 4 records of 32 + 16 * ((in_channels + 1) / 2) bytes. */
void sk_fast_narrow_pw(const sk_fast_pw_t *shape, const int8_t *in, int8_t *out, void *scratch);
void sk_fast_narrow_gated_pw(const sk_fast_gated_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out,
                             void *scratch);
void sk_fast_narrow_excite_pw(const sk_fast_excite_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out,
                              void *scratch);

#endif
