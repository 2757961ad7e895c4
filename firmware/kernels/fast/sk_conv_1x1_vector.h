/*
 * One row through a 1x1 convolution, [in_channels] to [out_channels] int8, with fitted requantization (sk_fit.h): the small
 * ones of squeeze-excite, whose time does not pay for weights expanded to int16. `out` may be `in`.
 */
#ifndef SK_CONV_1X1_VECTOR_H
#define SK_CONV_1X1_VECTOR_H

#include <stdint.h>

#define SK_FAST_VECTOR_CHANNELS 128

typedef struct {
    uint16_t in_channels, out_channels; /* at most SK_FAST_VECTOR_CHANNELS in */
    const int8_t *weights;              /* [out_channels][in_channels up to a multiple of 4], filled up with 0 */
    const int32_t *outputs;             /* [out_channels] bias and multiplier of sk_fit.h */
} sk_fast_vector_t;

void sk_fast_vector(const sk_fast_vector_t *shape, const int8_t *in, int8_t *out);

#endif
