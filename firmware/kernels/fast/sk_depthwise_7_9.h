/*
 * Depthwise convolutions of seven and nine taps as those of sk_depthwise_3_5.h, in place as well. Not all the weights'
 * pairs fit the core's registers: the others wait in the FPU's, a cycle a use.
 *
 * Records, per channel: the weights as bytes, the shift (_mixed and _linear) as one more byte, filled to words; rounding
 * (_linear); bias, in _linear times 2; multiplier.
 */
#ifndef SK_DEPTHWISE_7_9_H
#define SK_DEPTHWISE_7_9_H

#include "sk_streams.h"

/* Rows / dilation at least this, in the causal kernels at least SK_FAST_DW9_CAUSAL_STREAM. */
#define SK_FAST_DW9_STREAM 6
#define SK_FAST_DW9_CAUSAL_STREAM 2

/* Three taps before the output's row and three behind it. */
void sk_fast_dw7(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw7_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw7_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

/* Four and four. */
void sk_fast_dw9(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw9_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw9_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

/* Eight before the output's row and none behind it. */
void sk_fast_dw9_causal(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw9_causal_mixed(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);
void sk_fast_dw9_causal_linear(const sk_fast_dw5_t *shape, const int8_t *in, int8_t *out);

#endif
