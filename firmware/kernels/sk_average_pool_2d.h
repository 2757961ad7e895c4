/* Mean of each window, per channel; padding does not count. */
#ifndef SK_AVERAGE_POOL_2D_H
#define SK_AVERAGE_POOL_2D_H

#include "sk_pool_window.h"

void sk_average_pool_2d(const sk_pool_2d_t *shape, const int8_t *in, int8_t *out);

#endif
