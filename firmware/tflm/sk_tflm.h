/*
 * Engine "tflm": the model's operators run one by one by the SDK's interpreter (TensorFlow Lite for Microcontrollers),
 * behind the same face as the generated C: sk_model.h. What differs per model is generated.
 */
#ifndef SK_TFLM_H
#define SK_TFLM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sk_model.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- generated ---- */

extern const uint8_t sk_tflm_data[]; /* the .tflite */
extern uint8_t *const sk_tflm_arena;
extern const size_t sk_tflm_arena_size;
extern const bool sk_tflm_find_smallest; /* whether this image is only there to tell how large the arena must be */
extern sk_model_t sk_tflm_model; /* the storage of sk_model: its buffers are known once the arena is planned */
extern sk_layer_t sk_tflm_layers[];

/* ---- sk_tflm.cc ---- */

typedef enum {
    SK_TFLM_READY,
    SK_TFLM_WRONG_MODEL,      /* the interpreter cannot read the .tflite */
    SK_TFLM_ARENA_TOO_SMALL,  /* or an operator refuses its tensors */
    SK_TFLM_UNKNOWN_OPERATORS /* other operators than were generated for */
} sk_tflm_status_t;

/* Plans the arena, with the first arena_size bytes of it, and completes sk_tflm_model. May be called again. */
sk_tflm_status_t sk_tflm_init(size_t arena_size);

/* sk_tflm_init with the fewest bytes that the interpreter takes: more than it uses in the end, it plans with some. */
sk_tflm_status_t sk_tflm_init_smallest(void);

void sk_tflm_step(uint16_t step);

#ifdef __cplusplus
}
#endif

#endif
