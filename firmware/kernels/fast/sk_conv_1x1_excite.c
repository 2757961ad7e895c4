#include "sk_conv_1x1_excite.h"

void sk_fast_excite_pw(const sk_fast_excite_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out)
{
    sk_fast_gated_pw_on(&shape->gated, &shape->scale, shape->gated.convolution.tiles, in, gates, out);
}
