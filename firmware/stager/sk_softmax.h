/* The probability of each class. */
#ifndef SK_SOFTMAX_H
#define SK_SOFTMAX_H

#include <stdint.h>

#include "sk_math.h"

/* scores: [classes], real = scale * score up to a constant. best: a class with the largest. */
static inline void sk_softmax(const int32_t *scores, int32_t classes, int32_t best, float scale, float *probability)
{
    float sum = 0.0f;
    for (int32_t i = 0; i < classes; i++) {
        probability[i] = sk_exp(scale * (float)(scores[i] - scores[best]));
        sum += probability[i];
    }
    for (int32_t i = 0; i < classes; i++) {
        probability[i] /= sum;
    }
}

#endif
