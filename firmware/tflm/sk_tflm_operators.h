/* The operators that a model needs, given to the interpreter by generated code. C++. */
#ifndef SK_TFLM_OPERATORS_H
#define SK_TFLM_OPERATORS_H

#include "tensorflow/lite/micro/micro_mutable_op_resolver.h"

constexpr unsigned kSkTflmOperatorsMax = 32;

using SkTflmResolver = tflite::MicroMutableOpResolver<kSkTflmOperatorsMax>;

TfLiteStatus sk_tflm_register(SkTflmResolver& resolver);

#endif
