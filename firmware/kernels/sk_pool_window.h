/* What the pooling kernels share: their struct, and the part of a window that lies within the image. */
#ifndef SK_POOL_WINDOW_H
#define SK_POOL_WINDOW_H

#include <stdint.h>

typedef struct {
    uint16_t in_h, in_w, channels, out_h, out_w;
    uint16_t kernel_h, kernel_w, stride_h, stride_w, pad_h, pad_w;
    int16_t low, high; /* int8 limits of the fused activation */
} sk_pool_2d_t;

/* Rows or columns [first, last) of the input. */
typedef struct {
    int32_t first, last;
} sk_span_t;

static inline sk_span_t sk_pool_span(int32_t position, int32_t stride, int32_t pad, int32_t kernel, int32_t extent)
{
    const int32_t first = position * stride - pad;
    const int32_t last = first + kernel;
    const sk_span_t span = {first < 0 ? 0 : first, last > extent ? extent : last};
    return span;
}

#endif
