/*
 * The end of squeeze-excite in one step: the hard sigmoid's constant factor on the gates (sk_mul_constant.h), the gates
 * on the activation, and the pointwise convolution of the result (sk_conv_1x1.h). Neither product is stored.
 */
#ifndef SK_CONV_1X1_EXCITE_H
#define SK_CONV_1X1_EXCITE_H

#include "sk_conv_1x1.h"
#include "sk_mul_constant.h"

typedef struct {
    sk_fast_scale_t scale; /* of the gates */
    sk_fast_gated_pw_t gated;
} sk_fast_excite_pw_t;

/* gates: [in_channels] before the factor. `out` may be `in`. */
void sk_fast_excite_pw(const sk_fast_excite_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out);

#endif
