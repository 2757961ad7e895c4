/* The stand-in's calls, on QEMU's mps2-an386. What the SDK checks (API versions, order of calls) is checked here too. */
#include "ns_core.h"
#include "ns_energy_monitor.h"
#include "ns_peripherals_power.h"
#include "ns_timer.h"
#include "ns_uart.h"

#include <stddef.h>

typedef struct {
    volatile uint32_t data, state, ctrl, interrupt, baud_divisor;
} uart_t;

#define LINE ((uart_t *)0x40004000u)
#define MARKS ((uart_t *)0x40005000u)
#define SYSTICK_CTRL (*(volatile uint32_t *)0xE000E010u)
#define SYSTICK_RELOAD (*(volatile uint32_t *)0xE000E014u)
#define SYSTICK_VALUE (*(volatile uint32_t *)0xE000E018u)
#define AIRCR (*(volatile uint32_t *)0xE000ED0Cu)

enum { TX_FULL = 1, RX_FULL = 2, TX_ENABLE = 1, RX_ENABLE = 2, LEAST_DIVISOR = 16, TICKS_PER_US = 25, RELOAD = 0xFFFFFF };

#ifndef STUB_CLOCK_MHZ
#define STUB_CLOCK_MHZ 0 /* else the clock that the chip takes, whatever it is asked for */
#endif
#ifndef STUB_COUNTER_STANDS
#define STUB_COUNTER_STANDS 0
#endif

const ns_core_api_t ns_core_V1_0_0 = {0xCA0000}, ns_timer_V1_0_0 = {0xCA0002}, ns_power_V1_0_0 = {0xCA0007},
                    ns_uart_V0_0_1 = {0xCA000B};
const ns_power_config_t ns_good_default = {.api = &ns_power_V1_0_0, .eAIPowerMode = NS_MAXIMUM_PERF, .bNeedITM = true};
am_hal_uart_config_t g_sUartConfig = {115200};
ns_uart_handle_t phUART;

CoreDebug_Type stub_core_debug;

static bool core_ready, shared_sram, timer_ready, uart_powered;
static uint32_t clock_mhz = 96;

/* 64-bit tick count; loses whole turns of SysTick (0.67 s) that nobody watched, which no user of it minds. */
static uint64_t ticks(void)
{
    static uint64_t passed;
    static uint32_t last = RELOAD;
    if (SYSTICK_CTRL == 0) {
        SYSTICK_RELOAD = RELOAD;
        SYSTICK_VALUE = 0;
        SYSTICK_CTRL = 5;
    }
    uint32_t now = SYSTICK_VALUE;
    passed += (last - now) & RELOAD;
    last = now;
    return passed;
}

DWT_Type *stub_dwt(void)
{
    static DWT_Type dwt;
    if (!STUB_COUNTER_STANDS && dwt.CTRL != 0 && (CoreDebug->DEMCR & CoreDebug_DEMCR_TRCENA_Msk) != 0) {
        dwt.CYCCNT = (uint32_t)(ticks() * clock_mhz / TICKS_PER_US);
    }
    return &dwt;
}

uint32_t ns_core_init(ns_core_config_t *c)
{
    if (c == NULL || c->api != &ns_core_V1_0_0) {
        return 2;
    }
    core_ready = true;
    return NS_STATUS_SUCCESS;
}

uint32_t ns_power_config(const ns_power_config_t *pCfg)
{
    if (!core_ready || pCfg->api != &ns_power_V1_0_0) {
        return 4;
    }
    shared_sram = pCfg->bNeedSharedSRAM;
    uart_powered = pCfg->bNeedAlternativeUART;
    clock_mhz = pCfg->eAIPowerMode == NS_MINIMUM_PERF ? 96 : 192;
    if (STUB_CLOCK_MHZ != 0) {
        clock_mhz = STUB_CLOCK_MHZ;
    }
    return NS_STATUS_SUCCESS;
}

uint32_t ns_timer_init(ns_timer_config_t *cfg)
{
    timer_ready = cfg->api == &ns_timer_V1_0_0 && cfg->timer == NS_TIMER_COUNTER && !cfg->enableInterrupt;
    return timer_ready ? NS_STATUS_SUCCESS : 3;
}

uint32_t ns_us_ticker_read(ns_timer_config_t *cfg)
{
    return cfg != NULL && timer_ready ? (uint32_t)(ticks() / TICKS_PER_US) : 0;
}

uint32_t ns_uart_init(ns_uart_config_t *cfg, ns_uart_handle_t *h)
{
    if (cfg == NULL || cfg->api != &ns_uart_V0_0_1 || cfg->uart_config == NULL || !uart_powered) {
        return 1;
    }
    LINE->baud_divisor = LEAST_DIVISOR;
    LINE->ctrl = TX_ENABLE | RX_ENABLE;
    phUART = LINE;
    *h = cfg;
    return NS_STATUS_SUCCESS;
}

uint32_t am_hal_uart_interrupt_disable(void *pHandle, uint32_t ui32IntMask)
{
    return pHandle != NULL && ui32IntMask != 0 ? AM_HAL_STATUS_SUCCESS : 2;
}

uint32_t am_hal_uart_fifo_read(void *pHandle, uint8_t *pui8Data, uint32_t ui32NumBytes, uint32_t *pui32NumBytesRead)
{
    uart_t *uart = pHandle;
    uint32_t count = 0;
    while (count < ui32NumBytes && (uart->state & RX_FULL) != 0) {
        pui8Data[count++] = (uint8_t)uart->data;
    }
    *pui32NumBytesRead = count;
    return AM_HAL_STATUS_SUCCESS;
}

uint32_t am_hal_uart_fifo_write(void *pHandle, uint8_t *pui8Data, uint32_t ui32NumBytes,
                                uint32_t *pui32NumBytesWritten)
{
    uart_t *uart = pHandle;
    uint32_t count = 0;
    while (count < ui32NumBytes && (uart->state & TX_FULL) == 0) {
        uart->data = pui8Data[count++];
    }
    *pui32NumBytesWritten = count;
    return AM_HAL_STATUS_SUCCESS;
}

uint32_t am_hal_uart_tx_flush(void *pHandle)
{
    while ((((uart_t *)pHandle)->state & TX_FULL) != 0) {
    }
    return AM_HAL_STATUS_SUCCESS;
}

uint32_t am_hal_reset_control(am_hal_reset_control_e eControl, void *pArgs)
{
    if (eControl == AM_HAL_RESET_CONTROL_SWPOI && pArgs == NULL) {
        AIRCR = 0x05FA0004u;
    }
    return AM_HAL_STATUS_SUCCESS;
}

void ns_init_power_monitor_state(void)
{
    MARKS->baud_divisor = LEAST_DIVISOR;
    MARKS->ctrl = TX_ENABLE;
    ns_set_power_monitor_state(NS_IDLE);
}

/* One letter a mark: "I" where an inference begins, "." where the board idles. */
void ns_set_power_monitor_state(uint8_t state)
{
    while ((MARKS->state & TX_FULL) != 0) {
    }
    MARKS->data = state == NS_INFERING ? 'I' : '.';
}
