/* Rows and columns of an image taken by number: resizing to the nearest neighbour. */
#ifndef SK_RESIZE_NEAREST_H
#define SK_RESIZE_NEAREST_H

#include <stdint.h>

typedef struct {
    uint16_t in_w, out_h, out_w, channels;
    const uint16_t *rows;    /* [out_h]: of the input */
    const uint16_t *columns; /* [out_w]: of the input */
} sk_resize_nearest_t;

void sk_resize_nearest(const sk_resize_nearest_t *shape, const int8_t *in, int8_t *out);

#endif
