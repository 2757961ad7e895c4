/* Walks the elements of an array with several axes in any order: offsets from extents and strides. */
#ifndef SK_WALK_H
#define SK_WALK_H

#include <stdint.h>

#define SK_WALK_AXES 6

/* The last axis changes fastest. Axes that are not there have extent 1. */
typedef struct {
    const int32_t *extents; /* [SK_WALK_AXES] */
    const int32_t *strides; /* [SK_WALK_AXES]: elements between neighbours */
    int32_t index[SK_WALK_AXES];
    int32_t offset;
} sk_walk_t;

static inline sk_walk_t sk_walk_start(const int32_t *extents, const int32_t *strides, int32_t offset)
{
    const sk_walk_t walk = {extents, strides, {0}, offset};
    return walk;
}

/* To the next element; from the last one to the first. */
static inline void sk_walk_next(sk_walk_t *walk)
{
    for (int axis = SK_WALK_AXES - 1; axis >= 0; axis--) {
        walk->offset += walk->strides[axis];
        if (++walk->index[axis] < walk->extents[axis]) {
            return;
        }
        walk->offset -= walk->index[axis] * walk->strides[axis];
        walk->index[axis] = 0;
    }
}

#endif
