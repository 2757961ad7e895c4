/* Several activations side by side along one axis. */
#ifndef SK_CONCATENATION_H
#define SK_CONCATENATION_H

#include <stdint.h>

typedef struct {
    int32_t outer;        /* how often one piece of each input follows the other */
    int32_t inputs;
    int32_t whole;        /* bytes of one piece of each */
    const int32_t *bytes; /* [inputs]: of one piece */
} sk_concatenation_t;

/* Followed by `inputs` pointers to what is read, then one to what is written; all are int8_t *. */
void sk_concatenation(const sk_concatenation_t *shape, ...);

#endif
