/* Start-up of the stand-in: fault names as weak aliases of one handler, as in neuralSPOT. */
#include <stdint.h>

void Reset_Handler(void);
void HardFault_Handler(void) __attribute__((weak));
void MemManage_Handler(void) __attribute__((weak, alias("HardFault_Handler")));
void BusFault_Handler(void) __attribute__((weak, alias("HardFault_Handler")));
void UsageFault_Handler(void) __attribute__((weak, alias("HardFault_Handler")));
void am_default_isr(void);
void am_watchdog_isr(void) __attribute__((weak, alias("am_default_isr")));
int main(void);

extern uint32_t _sdata[], _edata[], _sbss[], _ebss[];
extern const uint32_t _init_data[];

#define HEAP_SIZE 1024
#ifdef AM_PART_APOLLO3P /* its stack takes the heap behind it along */
#define BELOW_HEAP (STACK_SIZE - HEAP_SIZE)
#define STACK_TOP (stack + BELOW_HEAP + HEAP_SIZE)
#else
#define BELOW_HEAP STACK_SIZE
#define STACK_TOP (stack + STACK_SIZE)
#endif
__attribute__((section(".stack"))) static uint32_t stack[BELOW_HEAP];
__attribute__((section(".heap"), used)) static uint32_t heap[HEAP_SIZE];

typedef union {
    uint32_t *stack;
    void (*handler)(void);
} vector_t;

__attribute__((section(".isr_vector"), used)) const vector_t g_am_pfnVectors[25] = {
    {.stack = STACK_TOP},            {.handler = Reset_Handler},      {.handler = HardFault_Handler},
    {.handler = HardFault_Handler},  {.handler = MemManage_Handler},  {.handler = BusFault_Handler},
    {.handler = UsageFault_Handler},
    [24] = {.handler = am_watchdog_isr}, /* QEMU's timer 0; the chip's watchdog has another number */
};

void Reset_Handler(void)
{
    *(volatile uint32_t *)0xE000ED08u = (uint32_t)(uintptr_t)g_am_pfnVectors;
    *(volatile uint32_t *)0xE000ED88u |= 0xFu << 20;
    __asm__ volatile("dsb\n\tisb");
    const uint32_t *from = _init_data;
    for (uint32_t *to = _sdata; to < _edata; to++, from++) {
        *(volatile uint32_t *)to = *from;
    }
    for (uint32_t *to = _sbss; to < _ebss; to++) {
        *(volatile uint32_t *)to = 0;
    }
    main();
    for (;;) {
    }
}

void HardFault_Handler(void)
{
    for (;;) {
    }
}

void am_default_isr(void)
{
    for (;;) {
    }
}
