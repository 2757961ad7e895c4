/* Plain int8 depthwise convolution over [height, width, channels], as sk_conv_2d.h. */
#ifndef SK_DEPTHWISE_CONV_2D_H
#define SK_DEPTHWISE_CONV_2D_H

#include "sk_conv_2d.h"

/* out_c is a multiple of in_c: channel c reads input channel c / (out_c / in_c). */
void sk_depthwise(const sk_conv_t *shape, const int8_t *in, int8_t *out);

#endif
