#include "sk_fast_excite.h"

void sk_fast_excite_pw(const sk_fast_excite_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out)
{
    int8_t scaled[2 * SK_TILE_PAIRS];

    sk_fast_scale(&shape->scale, gates, scaled);
    sk_fast_gated_pw(&shape->gated, in, scaled, out);
}
