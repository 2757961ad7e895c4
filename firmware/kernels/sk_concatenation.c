#include "sk_concatenation.h"

#include <stdarg.h>
#include <string.h>

void sk_concatenation(const sk_concatenation_t *s, ...)
{
    va_list counted;
    va_list operands;
    va_start(operands, s);
    va_copy(counted, operands);
    for (int32_t i = 0; i < s->inputs; i++) {
        (void)va_arg(counted, const int8_t *);
    }
    int8_t *out = va_arg(counted, int8_t *);
    va_end(counted);
    for (int32_t i = 0; i < s->inputs; i++) {
        const int8_t *in = va_arg(operands, const int8_t *);
        for (int32_t o = 0; o < s->outer; o++) {
            memcpy(out + o * s->whole, in + o * s->bytes[i], (size_t)s->bytes[i]);
        }
        out += s->bytes[i];
    }
    va_end(operands);
}
