/*
 * Plain int8 convolution over [height, width, channels], the reference twin of the fast kernels and the fallback for every
 * shape. Padding counts as the input's zero point.
 */
#ifndef SK_CONV_2D_H
#define SK_CONV_2D_H

#include <stdint.h>

typedef struct {
    uint16_t in_h, in_w, in_c;
    uint16_t out_h, out_w, out_c;
    uint16_t kernel_h, kernel_w;
    uint16_t stride_h, stride_w;
    uint16_t dilation_h, dilation_w;
    uint16_t pad_h, pad_w; /* before the first row and column */
    int16_t in_zero_point, out_zero_point;
    int16_t low, high;         /* activation clamp */
    const int8_t *weights;     /* conv: [out_c][kernel_h][kernel_w][in_c]; depthwise: [kernel_h][kernel_w][out_c] */
    const int32_t *bias;       /* [out_c] */
    const int32_t *multiplier; /* [out_c] */
    const int8_t *shift;       /* [out_c] */
} sk_conv_t;

void sk_conv(const sk_conv_t *shape, const int8_t *in, int8_t *out);

#endif
