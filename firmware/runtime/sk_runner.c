#include "sk_runner.h"

#include <stddef.h>

#include "sk_board.h"
#include "sk_crc32.h"
#include "sk_marker.h"
#include "sk_protocol.h"

sk_step_result_t sk_step_results[SK_MAX_STEPS];
volatile uint16_t sk_step_running = SK_STEP_ALL;

const sk_layer_t *sk_observable_after(const sk_model_t *model, uint16_t step)
{
    uint16_t layer = model->steps[step].layer;
    if (layer >= model->layer_count) {
        return NULL;
    }
    const sk_layer_t *found = &model->layers[layer];
    return found->output != NULL && found->output_bytes != 0 ? found : NULL;
}

sk_canary_t sk_run_steps(const sk_model_t *model, uint16_t count, bool with_crc)
{
    sk_canary_write(model);
    sk_board_mark(true);
    for (uint16_t step = 0; step < count; step++) {
        void (*run)(void) = model->steps[step].run;
        sk_step_running = step;
        sk_counter_begin();
        SK_MARK_BEGIN();
        run();
        SK_MARK_END();
        sk_step_results[step].counter = sk_counter_end();

        sk_canary_t canary = sk_canary_look(model);
        if (canary != SK_CANARY_WHOLE) {
            sk_board_mark(false);
            return canary;
        }
        const sk_layer_t *layer = with_crc ? sk_observable_after(model, step) : NULL;
        sk_step_results[step].crc = layer != NULL ? sk_crc32(0, layer->output, layer->output_bytes) : 0;
    }
    sk_board_mark(false);
    sk_step_running = SK_STEP_ALL;
    return SK_CANARY_WHOLE;
}
