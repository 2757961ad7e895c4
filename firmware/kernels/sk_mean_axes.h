/* Mean along any axes; sk_mean.h for all axes but the last. */
#ifndef SK_MEAN_AXES_H
#define SK_MEAN_AXES_H

#include <stdint.h>

typedef struct {
    int32_t elements; /* of the output */
    int32_t count;    /* elements that each of them is the mean of */
    const int32_t *kept_extents, *kept_strides;       /* of the axes that stay, see sk_walk.h */
    const int32_t *reduced_extents, *reduced_strides; /* of the axes that are averaged */
    int16_t in_zero_point, out_zero_point;
    int32_t multiplier; /* scale ratio over count, see sktools/compiler/ops/mean.py */
    int16_t shift;
} sk_mean_axes_t;

void sk_mean_axes(const sk_mean_axes_t *shape, const int8_t *in, int8_t *out);

#endif
