/* An activation of up to four axes with its zero point around it. */
#ifndef SK_PAD_H
#define SK_PAD_H

#include <stdint.h>

typedef struct {
    uint16_t in_n, in_h, in_w, in_c;
    uint16_t out_n, out_h, out_w, out_c;
    uint16_t before_n, before_h, before_w, before_c;
    int16_t value; /* around the input */
} sk_pad_t;

void sk_pad(const sk_pad_t *shape, const int8_t *in, int8_t *out);

#endif
