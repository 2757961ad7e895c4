/* A function of one int8 element, by a table of its 256 values. */
#ifndef SK_LOOKUP_H
#define SK_LOOKUP_H

#include <stdint.h>

typedef struct {
    int32_t elements;
    const int8_t *table; /* [256]: for -128, -127, ... 127 */
} sk_lookup_t;

void sk_lookup(const sk_lookup_t *shape, const int8_t *in, int8_t *out);

#endif
