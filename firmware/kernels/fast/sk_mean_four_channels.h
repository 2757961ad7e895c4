/* MEAN over rows of [rows][channels] int8 (sk_mean.h), the sums taken four channels at a time (sk_row_sums.h). */
#ifndef SK_MEAN_FOUR_CHANNELS_H
#define SK_MEAN_FOUR_CHANNELS_H

#include "../sk_mean.h"

/* scratch: 4 * channels bytes, word aligned. */
void sk_fast_mean(const sk_mean_t *shape, const int8_t *in, int8_t *out, void *scratch);

#endif
