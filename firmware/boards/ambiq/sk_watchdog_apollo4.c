/* The watchdog through AmbiqSuite 4: Apollo4 Plus, Apollo4 Lite. */
#include "sk_watchdog.h"

#include <stdbool.h>

#include "am_mcu_apollo.h"

void sk_watchdog_start(void)
{
    am_hal_wdt_config_t config = {
        .eClockSource = AM_HAL_WDT_16HZ,
        .bInterruptEnable = true,
        .ui32InterruptValue = SK_WATCHDOG_STEP_S * SK_WATCHDOG_TICKS_PER_S,
        .bResetEnable = false,
    };
    (void)am_hal_wdt_config(AM_HAL_WDT_MCU, &config);
    (void)am_hal_wdt_interrupt_clear(AM_HAL_WDT_MCU, AM_HAL_WDT_INTERRUPT_MCU);
    (void)am_hal_wdt_interrupt_enable(AM_HAL_WDT_MCU, AM_HAL_WDT_INTERRUPT_MCU);
    NVIC_ClearPendingIRQ(WDT_IRQn);
    NVIC_EnableIRQ(WDT_IRQn);
    (void)am_hal_wdt_start(AM_HAL_WDT_MCU, false); /* not locked: it is stopped again */
}

void sk_watchdog_feed(void)
{
    (void)am_hal_wdt_restart(AM_HAL_WDT_MCU);
}

void sk_watchdog_stop(void)
{
    (void)am_hal_wdt_stop(AM_HAL_WDT_MCU);
}
