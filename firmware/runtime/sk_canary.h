/*
 * Debug builds: the margins of a model's arena, which no kernel may change. The runner writes them before each inference
 * and looks at them after each step; other builds have none, and then there is nothing to do.
 */
#ifndef SK_CANARY_H
#define SK_CANARY_H

#include <stdint.h>

#include "sk_model.h"
#include "sk_place.h"

typedef enum { SK_CANARY_WHOLE, SK_CANARY_BEFORE, SK_CANARY_BEHIND } sk_canary_t;

static inline uint8_t sk_canary_byte(int32_t position)
{
    return (uint8_t)(0xA5 ^ position);
}

static inline void sk_canary_write(const sk_model_t *model)
{
    for (int32_t i = 0; i < SK_ARENA_MARGIN; i++) {
        model->arena[i - SK_ARENA_MARGIN] = sk_canary_byte(i);
        model->arena[(int32_t)model->arena_bytes + i] = sk_canary_byte(i);
    }
}

static inline sk_canary_t sk_canary_look(const sk_model_t *model)
{
    for (int32_t i = 0; i < SK_ARENA_MARGIN; i++) {
        if (model->arena[i - SK_ARENA_MARGIN] != sk_canary_byte(i)) {
            return SK_CANARY_BEFORE;
        }
        if (model->arena[(int32_t)model->arena_bytes + i] != sk_canary_byte(i)) {
            return SK_CANARY_BEHIND;
        }
    }
    return SK_CANARY_WHOLE;
}

#endif
