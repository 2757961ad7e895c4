#include "sk_lookup.h"

void sk_lookup(const sk_lookup_t *s, const int8_t *in, int8_t *out)
{
    for (int32_t i = 0; i < s->elements; i++) {
        out[i] = s->table[in[i] + 128];
    }
}
