/* The virtual board: CMSDK UART0 for the serial line, SysTick for counting where QEMU runs without the plugin. */
#include <stdbool.h>

#include "sk_board.h"

/* Arm CMSDK APB UART (Cortex-M System Design Kit TRM, 4.3). */
typedef struct {
    volatile uint32_t data;
    volatile uint32_t state;
    volatile uint32_t ctrl;
    volatile uint32_t interrupt;
    volatile uint32_t baud_divisor;
} uart_t;

#define UART0 ((uart_t *)0x40004000u)

enum {
    UART_STATE_TX_FULL = 1u << 0,
    UART_STATE_RX_FULL = 1u << 1,
    UART_CTRL_TX_ENABLE = 1u << 0,
    UART_CTRL_RX_ENABLE = 1u << 1,
    UART_CTRL_RX_INTERRUPT = 1u << 3,
    UART_INTERRUPT_RX = 1u << 1,
    UART_LEAST_DIVISOR = 16
};

typedef struct {
    volatile uint32_t ctrl;
    volatile uint32_t reload;
    volatile uint32_t value;
} systick_t;

#define SYSTICK ((systick_t *)0xE000E010u)

enum { SYSTICK_ENABLE_CPU_CLOCK = 5, SYSTICK_MASK = 0xFFFFFF };

/* Arm CMSDK APB watchdog (Cortex-M System Design Kit TRM, 4.5); its interrupt is the NMI, and sk_fault_entry takes it. */
typedef struct {
    volatile uint32_t load;
    volatile uint32_t value;
    volatile uint32_t ctrl;
    volatile uint32_t interrupt_clear;
} watchdog_t;

#define WATCHDOG ((watchdog_t *)0x40008000u)

enum { WATCHDOG_CTRL_INTERRUPT = 1, WATCHDOG_STEP_S = 10 };

#define NVIC_ISER0 (*(volatile uint32_t *)0xE000E100u)
#define NVIC_ICER0 (*(volatile uint32_t *)0xE000E180u)
#define NVIC_ICPR0 (*(volatile uint32_t *)0xE000E280u)
#define IRQ_UART0_RX (1u << 0)

#define SCB_AIRCR (*(volatile uint32_t *)0xE000ED0Cu)
#define AIRCR_RESET 0x05FA0004u

enum {
    CLOCK_HZ = 25000000,
    /* QEMU -icount shift=0: an instruction takes 1 ns of virtual time, so a tick of 25 MHz is 40 of them. */
    INSTRUCTIONS_PER_TICK = 40
};

/* The machine's PSRAM, which nothing else uses. QEMU keeps it in a file that the host writes a frame's input to. */
#define PSRAM ((const volatile int8_t *)0x21000000u)

enum { PSRAM_BYTES = 16 * 1024 * 1024 };

const sk_board_t sk_board = {
    .name = "virtual", .counter = "instructions", .window = PSRAM, .window_bytes = PSRAM_BYTES};

void sk_board_init(void)
{
    UART0->baud_divisor = UART_LEAST_DIVISOR;
    UART0->ctrl = UART_CTRL_TX_ENABLE | UART_CTRL_RX_ENABLE | UART_CTRL_RX_INTERRUPT;
    SYSTICK->reload = SYSTICK_MASK;
    SYSTICK->value = 0;
    SYSTICK->ctrl = SYSTICK_ENABLE_CPU_CLOCK;
}

void sk_board_send(const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        while ((UART0->state & UART_STATE_TX_FULL) != 0) {
        }
        UART0->data = bytes[i];
    }
}

static bool in_fault_handler(void)
{
    uint32_t exception;
    __asm__ volatile("mrs %0, ipsr" : "=r"(exception));
    return exception != 0;
}

/*
 * Sleeps, so that QEMU has its processor for taking in the next byte: twice as fast as asking again and again. The
 * interrupt only wakes; it is never let through, and in the fault handler, where it could not wake, nobody sleeps.
 */
static void wait_for_byte(void)
{
    if (in_fault_handler()) {
        return;
    }
    __asm__ volatile("cpsid i" ::: "memory");
    NVIC_ISER0 = IRQ_UART0_RX;
    __asm__ volatile("dsb\n\twfi" ::: "memory");
    NVIC_ICER0 = IRQ_UART0_RX;
    UART0->interrupt = UART_INTERRUPT_RX;
    NVIC_ICPR0 = IRQ_UART0_RX;
    __asm__ volatile("dsb\n\tisb\n\tcpsie i" ::: "memory");
}

uint8_t sk_board_receive(void)
{
    while ((UART0->state & UART_STATE_RX_FULL) == 0) {
        wait_for_byte();
    }
    return (uint8_t)UART0->data;
}

void sk_board_reset(void)
{
    while ((UART0->state & UART_STATE_TX_FULL) != 0) {
    }
    SCB_AIRCR = AIRCR_RESET;
    for (;;) {
    }
}

uint32_t sk_board_clock_hz(void)
{
    return CLOCK_HZ;
}

/* Nothing measures an emulated board's power; but a step that never ends is told. */
void sk_board_mark(bool inferring)
{
    WATCHDOG->load = WATCHDOG_STEP_S * CLOCK_HZ;
    WATCHDOG->interrupt_clear = 1; /* of its time having passed since the last run: it is kept until enabled */
    WATCHDOG->ctrl = inferring ? WATCHDOG_CTRL_INTERRUPT : 0;
}

void sk_counter_begin(void)
{
    WATCHDOG->interrupt_clear = 1; /* starts its time anew */
    /* Any write clears it and starts a whole tick, so that equal steps count equally. */
    SYSTICK->value = 0;
}

uint32_t sk_counter_end(void)
{
    /* counts down, 24 bits: good for 671 million instructions */
    return ((0u - SYSTICK->value) & SYSTICK_MASK) * INSTRUCTIONS_PER_TICK;
}
