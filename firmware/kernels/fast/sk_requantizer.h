/* How a kernel turns sums into results. The same numbers in C, in assembly and in the compiler (class Requantizer). */
#ifndef SK_REQUANTIZER_H
#define SK_REQUANTIZER_H

typedef enum {
    SK_REQUANTIZER_LINEAR = -1, /* int8 by sk_linear (sk_linear.h) */
    SK_REQUANTIZER_FITTED,      /* int8 by sk_fitted (sk_fit.h) */
    SK_REQUANTIZER_SUMS,        /* none: they are added to the int32 at the result's place */
    SK_REQUANTIZER_MIXED,       /* int8 by sk_fitted_by (sk_fit.h), a shift per channel */
    SK_REQUANTIZER_TFLITE,      /* int8 by sk_requantize (sk_quant.h), then clamped */
} sk_requantizer_t;

#endif
