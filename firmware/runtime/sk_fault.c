/*
 * The Cortex-M fault handler: saves what the CPU stacked and goes on serving, in handler mode and for good, so that
 * the host learns what happened. Put into the vector table as sk_fault_entry.
 */
#include "sk_server.h"

#include <stdbool.h>

#include "sk_board.h"
#include "sk_protocol.h"
#include "sk_stack.h"

void sk_fault_entry(void);
void sk_fault_main(const uint32_t *frame);

/* Given by the linker script: where code lies. */
extern const uint8_t sk_text_start[];
extern const uint8_t sk_text_end[];

#define SCB_CFSR (*(volatile const uint32_t *)0xE000ED28u)
#define SCB_HFSR (*(volatile const uint32_t *)0xE000ED2Cu)
#define SCB_MMFAR (*(volatile const uint32_t *)0xE000ED34u)
#define SCB_BFAR (*(volatile const uint32_t *)0xE000ED38u)

enum {
    CFSR_MSTKERR = 1 << 4, /* the CPU could not stack its registers: they are lost */
    CFSR_STKERR = 1 << 12,
    ROOM_FOR_SERVING = 640, /* bytes of stack that sk_fault_main and the server need */
    EXCEPTION_NMI = 2,      /* of what is no fault, only a board's watchdog enters here: as the NMI, */
    EXCEPTION_IRQ_0 = 16    /* or as an interrupt, whichever number it has on the chip */
};

/*
 * With little room left the handler starts again from the top of the stack, whose content is not needed any more;
 * else it stays below the stacked frame, which may stand near the top.
 */
__attribute__((naked)) void sk_fault_entry(void)
{
    __asm__ volatile("tst lr, #4\n\t"
                     "ite eq\n\t"
                     "mrseq r0, msp\n\t"
                     "mrsne r0, psp\n\t"
                     "ldr r1, =sk_stack_limit\n\t"
                     "add r1, %0\n\t"
                     "mrs r2, msp\n\t"
                     "cmp r2, r1\n\t"
                     "bhs 1f\n\t"
                     "ldr r2, =sk_stack_top\n\t"
                     "msr msp, r2\n\t"
                     "1: b sk_fault_main\n\t"
                     ".ltorg\n\t" ::"i"(ROOM_FOR_SERVING));
}

static sk_fault_t record;

/* Of an overflown stack: the return address pushed last, that is the one at the lowest address that points into code. */
static uint32_t deepest_return_address(void)
{
    for (const uint32_t *word = sk_stack_limit; word < sk_stack_top; word++) {
        if ((*word & 1u) != 0 && *word > (uintptr_t)sk_text_start && *word < (uintptr_t)sk_text_end) {
            return *word;
        }
    }
    return 0;
}

static bool entered_by_watchdog(void)
{
    uint32_t exception;
    __asm__("mrs %0, ipsr" : "=r"(exception));
    return exception == EXCEPTION_NMI || exception >= EXCEPTION_IRQ_0;
}

__attribute__((noreturn, used)) void sk_fault_main(const uint32_t *frame)
{
    sk_board_mark(false); /* the inference is over: no power analyser goes on measuring, no watchdog bites the server */
    record.cfsr = SCB_CFSR;
    record.hfsr = SCB_HFSR;
    record.mmfar = SCB_MMFAR;
    record.bfar = SCB_BFAR;
    record.sp = (uint32_t)(uintptr_t)frame;
    bool below = frame < sk_stack_limit;
    if (below || (record.cfsr & (CFSR_MSTKERR | CFSR_STKERR)) != 0) {
        record.reason = SK_FAULT_STACK_OVERFLOW;
        record.lr = deepest_return_address();
    } else {
        record.reason = entered_by_watchdog() ? SK_FAULT_WATCHDOG : SK_FAULT_CPU;
        record.r0 = frame[0];
        record.r1 = frame[1];
        record.r2 = frame[2];
        record.r3 = frame[3];
        record.r12 = frame[4];
        record.lr = frame[5];
        record.pc = frame[6];
        record.psr = frame[7];
    }
    sk_server_fault(&record);
    for (;;) {
        sk_server_feed(sk_board_receive());
    }
}
