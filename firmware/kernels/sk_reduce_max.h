/* Largest element along some axes. */
#ifndef SK_REDUCE_MAX_H
#define SK_REDUCE_MAX_H

#include <stdint.h>

typedef struct {
    int32_t elements; /* of the output */
    int32_t count;    /* elements that each of them is the largest of */
    const int32_t *kept_extents, *kept_strides;       /* of the axes that stay, see sk_walk.h */
    const int32_t *reduced_extents, *reduced_strides; /* of the axes along which the largest is found */
} sk_reduce_max_t;

void sk_reduce_max(const sk_reduce_max_t *shape, const int8_t *in, int8_t *out);

#endif
