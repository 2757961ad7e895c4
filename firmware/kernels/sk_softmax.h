/* Softmax over the last axis, int8, as the reference computes it in fixed point. */
#ifndef SK_SOFTMAX_H
#define SK_SOFTMAX_H

#include <stdint.h>

typedef struct {
    int32_t rows, channels;
    const int32_t *exp; /* [256]: of the difference to the row's largest element, 0 to -255, 1.0 as 2^31 */
} sk_softmax_t;

void sk_softmax(const sk_softmax_t *shape, const int8_t *in, int8_t *out);

#endif
