/*
 * Ambiq evaluation boards through neuralSPOT: the J-Link's virtual COM port for the serial line, DWT CYCCNT for counting.
 *
 * The UART is set up by neuralSPOT and then polled: no interrupt runs inside a timed step but the watchdog's, which ends
 * it, and the fault handler, which none could reach, serves through the same code.
 */
#include "sk_board.h"

#include "am_bsp.h"
#include "am_mcu_apollo.h"
#include "ns_core.h"
#include "ns_energy_monitor.h"
#include "ns_peripherals_power.h"
#include "ns_uart.h"

#include "sk_clock.h"
#include "sk_config.h"
#include "sk_stack.h"
#include "sk_watchdog.h"

#define SHCSR_ALL_FAULTS (SCB_SHCSR_MEMFAULTENA_Msk | SCB_SHCSR_BUSFAULTENA_Msk | SCB_SHCSR_USGFAULTENA_Msk)

const sk_board_t sk_board = {.name = SK_BOARD_NAME, .counter = "dwt"};

static uint32_t clock_hz;
static uint32_t counter_start;

static void set_up_power(void)
{
    ns_core_config_t core = {.api = &ns_core_V1_0_0};
    ns_power_config_t power = ns_good_default;
    power.eAIPowerMode = SK_LOW_POWER_CLOCK ? NS_MINIMUM_PERF : NS_MAXIMUM_PERF;
    power.bNeedSharedSRAM = SK_NEEDS_SHARED_SRAM;
    power.bNeedAlternativeUART = true; /* or the J-Link's UART is powered off */
    power.bNeedITM = false;
    (void)ns_core_init(&core);
    /* Says nothing of the clock: the SDK drops the mode call's result. sk_clock_measure() tells what it became. */
    (void)ns_power_config(&power);
}

static void set_up_counter(void)
{
    CoreDebug->DEMCR |= CoreDebug_DEMCR_TRCENA_Msk;
    DWT->CYCCNT = 0;
    DWT->CTRL = DWT_CTRL_CYCCNTENA_Msk; /* the other counters are 8 bits wide and only cost power */
}

static void set_up_serial(void)
{
    static am_hal_uart_config_t line;
    static ns_uart_config_t config;
    ns_uart_handle_t handle;
    line = g_sUartConfig;
    line.ui32BaudRate = SK_BAUD;
    config.api = &ns_uart_V0_0_1;
    config.uart_config = &line;
    (void)ns_uart_init(&config, &handle);
    (void)am_hal_uart_interrupt_disable(phUART, AM_HAL_UART_INT_RX | AM_HAL_UART_INT_TX | AM_HAL_UART_INT_RX_TMOUT);
}

void sk_board_init(void)
{
    sk_stack_paint();
    SCB->SHCSR |= SHCSR_ALL_FAULTS; /* or each of them arrives as a hard fault that does not say what it was */
    set_up_power();
    set_up_counter();
    clock_hz = sk_clock_measure();
    ns_init_power_monitor_state();
    set_up_serial();
}

uint32_t sk_board_clock_hz(void)
{
    return clock_hz;
}

void sk_board_send(const uint8_t *bytes, uint32_t count)
{
    while (count != 0) {
        uint32_t sent = 0;
        (void)am_hal_uart_fifo_write(phUART, (uint8_t *)bytes, count, &sent); /* the HAL only reads them */
        bytes += sent;
        count -= sent;
    }
}

uint8_t sk_board_receive(void)
{
    uint8_t byte = 0;
    uint32_t received = 0;
    while (received == 0) {
        /* An overrun or framing error loses the byte; the frame's CRC tells. */
        (void)am_hal_uart_fifo_read(phUART, &byte, 1, &received);
    }
    return byte;
}

void sk_board_reset(void)
{
    (void)am_hal_uart_tx_flush(phUART);
    (void)am_hal_reset_control(AM_HAL_RESET_CONTROL_SWPOI, 0);
    for (;;) {
    }
}

/* The watchdog's own calls stay outside the marks, between which a power analyser measures. */
void sk_board_mark(bool inferring)
{
    if (inferring) {
        sk_watchdog_start();
        ns_set_power_monitor_state(NS_INFERING);
    } else {
        ns_set_power_monitor_state(NS_IDLE);
        sk_watchdog_stop();
    }
}

void sk_counter_begin(void)
{
    sk_watchdog_feed();
    __asm__ volatile("dsb" ::: "memory"); /* or its write, to a slow peripheral, ends within the step's time */
    counter_start = DWT->CYCCNT;
}

uint32_t sk_counter_end(void)
{
    return DWT->CYCCNT - counter_start; /* right across one wrap: 22 s at 192 MHz */
}
