#include "sk_copy.h"

void sk_copy(const sk_copy_t *s, const int8_t *in, int8_t *out)
{
    for (uint32_t i = 0; i < s->bytes; i++) {
        out[i] = in[i];
    }
}
