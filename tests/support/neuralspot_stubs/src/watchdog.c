/*
 * The stand-in's watchdog, on timer 0 of QEMU's mps2-an386 (CMSDK APB timer). It takes what the chip's takes: counts of
 * 8 bits, interrupts only where they were enabled before it started. Only the clock that sktools uses is there.
 */
#include "am_mcu_apollo.h"

typedef struct {
    volatile uint32_t ctrl, value, reload, interrupt;
} timer_t;

#define TIMER ((timer_t *)0x40000000u)

enum { ENABLE = 1, INTERRUPT = 8, CLEAR = 1, TIMER_HZ = 25000000, WATCHDOG_HZ = 16, MOST_TICKS = 255 };

#ifndef STUB_WATCHDOG_SPEED
#define STUB_WATCHDOG_SPEED 1 /* so many times as fast: ten seconds of the chip's take QEMU as long */
#endif

static bool configured, interrupting;

static void configure(uint32_t ticks, bool allowed)
{
    configured = allowed && ticks > 0 && ticks <= MOST_TICKS;
    interrupting = false;
    TIMER->reload = TIMER_HZ / WATCHDOG_HZ / STUB_WATCHDOG_SPEED * ticks;
}

static void start(void)
{
    if (configured && interrupting) {
        TIMER->value = TIMER->reload;
        TIMER->ctrl = ENABLE | INTERRUPT;
    }
}

static void stop(void)
{
    TIMER->ctrl = 0;
}

static void restart(void)
{
    TIMER->value = TIMER->reload;
}

#ifdef AM_PART_APOLLO3P

void am_hal_wdt_init(const am_hal_wdt_config_t *psConfig)
{
    bool allowed = psConfig->ui32Config == (AM_HAL_WDT_LFRC_CLK_16HZ | AM_HAL_WDT_ENABLE_INTERRUPT);
    configure(psConfig->ui16InterruptCount, allowed);
}

void am_hal_wdt_start(void)
{
    start();
}

void am_hal_wdt_halt(void)
{
    stop();
}

void am_hal_wdt_int_enable(void)
{
    interrupting = true;
}

void am_hal_wdt_int_clear(void)
{
    TIMER->interrupt = CLEAR;
}

void stub_wdt_restart(void)
{
    restart();
}

#else

uint32_t am_hal_wdt_config(am_hal_wdt_select_e eTimer, void *pvConfig)
{
    const am_hal_wdt_config_t *config = pvConfig;
    bool allowed = eTimer == AM_HAL_WDT_MCU && config->eClockSource == AM_HAL_WDT_16HZ && config->bInterruptEnable &&
                   !config->bResetEnable;
    configure(config->ui32InterruptValue, allowed);
    return configured ? AM_HAL_STATUS_SUCCESS : 5;
}

uint32_t am_hal_wdt_start(am_hal_wdt_select_e eTimer, bool bLock)
{
    if (eTimer != AM_HAL_WDT_MCU || bLock) {
        return 5;
    }
    start();
    return AM_HAL_STATUS_SUCCESS;
}

uint32_t am_hal_wdt_stop(am_hal_wdt_select_e eTimer)
{
    if (eTimer == AM_HAL_WDT_MCU) {
        stop();
    }
    return AM_HAL_STATUS_SUCCESS;
}

uint32_t am_hal_wdt_restart(am_hal_wdt_select_e eTimer)
{
    if (eTimer == AM_HAL_WDT_MCU) {
        restart();
    }
    return AM_HAL_STATUS_SUCCESS;
}

uint32_t am_hal_wdt_interrupt_enable(am_hal_wdt_select_e eTimer, uint32_t ui32InterruptMask)
{
    interrupting = eTimer == AM_HAL_WDT_MCU && ui32InterruptMask == AM_HAL_WDT_INTERRUPT_MCU;
    return AM_HAL_STATUS_SUCCESS;
}

uint32_t am_hal_wdt_interrupt_clear(am_hal_wdt_select_e eTimer, uint32_t ui32InterruptMask)
{
    if (eTimer == AM_HAL_WDT_MCU && ui32InterruptMask == AM_HAL_WDT_INTERRUPT_MCU) {
        TIMER->interrupt = CLEAR;
    }
    return AM_HAL_STATUS_SUCCESS;
}

#endif
