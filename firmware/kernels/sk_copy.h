/* Copies an activation: a reshape whose bytes must stand somewhere else. */
#ifndef SK_COPY_H
#define SK_COPY_H

#include <stdint.h>

typedef struct {
    uint32_t bytes;
} sk_copy_t;

void sk_copy(const sk_copy_t *shape, const int8_t *in, int8_t *out);

#endif
