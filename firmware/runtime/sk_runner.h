/* Runs the model step by step and keeps, for each step, what it cost and the CRC-32 of what it left. */
#ifndef SK_RUNNER_H
#define SK_RUNNER_H

#include <stdbool.h>
#include <stdint.h>

#include "sk_canary.h"
#include "sk_model.h"

#ifndef SK_MAX_STEPS
#define SK_MAX_STEPS 256
#endif

typedef struct {
    uint32_t counter; /* sk_board.counter's unit */
    uint32_t crc;     /* of the observable activation; 0 where there is none or none was asked for */
} sk_step_result_t;

extern sk_step_result_t sk_step_results[SK_MAX_STEPS];

/* The step being run, for the fault report; SK_STEP_ALL (sk_protocol.h) between runs. */
extern volatile uint16_t sk_step_running;

/* The layer whose activation stands in memory after `step`, or NULL. */
const sk_layer_t *sk_observable_after(const sk_model_t *model, uint16_t step);

/*
 * Runs steps 0 to count - 1; count is at most SK_MAX_STEPS and the model's step count. Stops at a step that wrote
 * outside the arena, where the build looks for that; sk_step_running then names it.
 */
sk_canary_t sk_run_steps(const sk_model_t *model, uint16_t count, bool with_crc);

#endif
