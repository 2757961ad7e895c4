/* Elements of an activation in another order, or some of them. */
#ifndef SK_STRIDED_COPY_H
#define SK_STRIDED_COPY_H

#include <stdint.h>

typedef struct {
    int32_t elements;       /* of the output */
    int32_t first;          /* offset of the first element in the input */
    const int32_t *extents; /* of the output, see sk_walk.h */
    const int32_t *strides; /* in the input, for each axis of the output */
} sk_strided_copy_t;

void sk_strided_copy(const sk_strided_copy_t *shape, const int8_t *in, int8_t *out);

#endif
