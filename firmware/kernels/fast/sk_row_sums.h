/* Sums of [rows][channels] int8 over the rows, four channels at a time. MEAN's rescaling is the caller's. */
#ifndef SK_ROW_SUMS_H
#define SK_ROW_SUMS_H

#include <stdint.h>

/* sums: [channels] int32. */
void sk_fast_sums(const int8_t *in, int32_t rows, int32_t channels, int32_t *sums);

#endif
