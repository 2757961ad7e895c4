/* main() of an image with the interpreter. Where that refuses the model, the host is told so as a fault there. */
#include "sk_board.h"
#include "sk_server.h"
#include "sk_tflm.h"

/* Never called: their names say in the fault report what was wrong. */
void sk_tflm_cannot_read_the_model(void);
void sk_tflm_arena_is_too_small_or_an_operator_refused(void);
void sk_tflm_operators_are_not_as_generated(void);

void sk_tflm_cannot_read_the_model(void)
{
}

void sk_tflm_arena_is_too_small_or_an_operator_refused(void)
{
}

void sk_tflm_operators_are_not_as_generated(void)
{
}

static void (*const reasons[])(void) = {
    [SK_TFLM_WRONG_MODEL] = sk_tflm_cannot_read_the_model,
    [SK_TFLM_ARENA_TOO_SMALL] = sk_tflm_arena_is_too_small_or_an_operator_refused,
    [SK_TFLM_UNKNOWN_OPERATORS] = sk_tflm_operators_are_not_as_generated,
};

int main(void)
{
    static sk_fault_t refused;
    sk_board_init();
    sk_tflm_status_t status = sk_tflm_find_smallest ? sk_tflm_init_smallest() : sk_tflm_init(sk_tflm_arena_size);
    sk_server_start();
    if (status != SK_TFLM_READY) {
        refused.pc = (uint32_t)(uintptr_t)reasons[status];
        sk_server_fault(&refused);
    }
    for (;;) {
        sk_server_feed(sk_board_receive());
    }
}
