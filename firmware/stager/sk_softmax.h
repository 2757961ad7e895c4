/* The class of a row of logits, and the probability of each class. */
#ifndef SK_SOFTMAX_H
#define SK_SOFTMAX_H

#include <stdint.h>

#include "sk_math.h"

/* logits: int8 [classes], real = scale * q up to a constant. Returns the first of the largest. */
static inline int32_t sk_softmax(const int8_t *logits, int32_t classes, float scale, float *probability)
{
    int32_t best = 0;
    for (int32_t i = 1; i < classes; i++) {
        best = logits[i] > logits[best] ? i : best;
    }
    float sum = 0.0f;
    for (int32_t i = 0; i < classes; i++) {
        probability[i] = sk_exp(scale * (float)(logits[i] - logits[best]));
        sum += probability[i];
    }
    for (int32_t i = 0; i < classes; i++) {
        probability[i] /= sum;
    }
    return best;
}

#endif
