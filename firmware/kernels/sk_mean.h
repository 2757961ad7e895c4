/* Mean over rows of [rows][channels] int8, the squeeze of squeeze-excite. */
#ifndef SK_MEAN_H
#define SK_MEAN_H

#include <stdint.h>

typedef struct {
    int32_t rows, channels;
    int16_t in_zero_point, out_zero_point;
    int32_t multiplier; /* scale ratio over rows, see sktools/compiler/ops/mean.py */
    int16_t shift;
} sk_mean_t;

void sk_mean(const sk_mean_t *shape, const int8_t *in, int8_t *out);

#endif
