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
#define MPU_CTRL (*(volatile uint32_t *)0xE000ED94u)
#define MPU_RBAR (*(volatile uint32_t *)0xE000ED9Cu)
#define MPU_RASR (*(volatile uint32_t *)0xE000EDA0u)
#define SHCSR (*(volatile uint32_t *)0xE000ED24u)
#define SHCSR_ALL_FAULTS (7u << 16)

enum {
    MPU_ENABLE_OVER_DEFAULT_MAP = 5,
    MPU_RBAR_REGION_0 = 1 << 4,
    MPU_RASR_ENABLE = 1,
    MPU_RASR_64_KIB_NO_ACCESS = 15 << 1, /* AP = 0: not even for privileged code */
    GUARD_BYTES = 64 * 1024
};

/* QEMU lets code write below this machine's RAM without a fault; the MPU does not (Armv7-M ARM, B3.5). */
static void guard_stack(void)
{
    MPU_RBAR = ((uint32_t)(uintptr_t)sk_stack_limit - GUARD_BYTES) | MPU_RBAR_REGION_0;
    MPU_RASR = MPU_RASR_64_KIB_NO_ACCESS | MPU_RASR_ENABLE;
    MPU_CTRL = MPU_ENABLE_OVER_DEFAULT_MAP;
    __asm__ volatile("dsb\n\tisb" ::: "memory");
}

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
    /* Or each of them arrives as a hard fault that does not say what it was. */
    SHCSR |= SHCSR_ALL_FAULTS;
    guard_stack();
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
