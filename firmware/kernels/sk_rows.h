/*
 * Moves rows of an activation: SPACE_TO_BATCH_ND and BATCH_TO_SPACE_ND along one axis, where no convolution took
 * them in.
 */
#ifndef SK_ROWS_H
#define SK_ROWS_H

#include <stdint.h>

typedef struct {
    uint16_t in_rows, out_rows, channels;
    /* Row r of the output, t = r + skip: row first + t / inner * outer_step + t % inner * inner_step of the input. */
    uint16_t skip, inner, outer_step, inner_step;
    int16_t first;
    int16_t pad; /* what stands for rows outside the input */
} sk_rows_t;

void sk_rows(const sk_rows_t *shape, const int8_t *in, int8_t *out);

#endif
