/* From reset to main() on the virtual board. */
#include <stdint.h>

#include "sk_stack.h"

extern uint32_t sk_data_start[], sk_data_end[], sk_bss_start[], sk_bss_end[];
extern const uint32_t sk_data_load[];

int main(void);
void sk_reset(void);
void sk_fault_entry(void);
void sk_halt(void);

#define CPACR (*(volatile uint32_t *)0xE000ED88u)
#define CPACR_FPU_FULL (0xFu << 20)
#define SHCSR (*(volatile uint32_t *)0xE000ED24u)
#define SHCSR_ALL_FAULTS (7u << 16)

void sk_reset(void)
{
    CPACR |= CPACR_FPU_FULL;
    __asm__ volatile("dsb\n\tisb" ::: "memory");

    const uint32_t *from = sk_data_load;
    for (uint32_t *to = sk_data_start; to < sk_data_end; to++, from++) {
        *to = *from;
    }
    for (uint32_t *to = sk_bss_start; to < sk_bss_end; to++) {
        *to = 0;
    }
    sk_stack_paint();
    /* Else each of them arrives as a hard fault that does not say what it was. */
    SHCSR |= SHCSR_ALL_FAULTS;
    main();
    sk_halt();
}

void sk_halt(void)
{
    for (;;) {
    }
}

/* The serial server brings its own, which answers; an image without it stops here. */
__attribute__((weak)) void sk_fault_entry(void)
{
    sk_halt();
}

typedef union {
    uint32_t *stack;
    void (*handler)(void);
} vector_t;

/* The stack, reset, then NMI to SysTick (Armv7-M ARM, B1.5.2). No interrupt is ever enabled. */
__attribute__((section(".vectors"), used)) static const vector_t vectors[16] = {
    {.stack = sk_stack_top},      {.handler = sk_reset},        {.handler = sk_fault_entry}, {.handler = sk_fault_entry},
    {.handler = sk_fault_entry},  {.handler = sk_fault_entry},  {.handler = sk_fault_entry}, {.handler = 0},
    {.handler = 0},               {.handler = 0},               {.handler = 0},              {.handler = sk_fault_entry},
    {.handler = sk_fault_entry},  {.handler = 0},               {.handler = sk_fault_entry}, {.handler = sk_fault_entry},
};
