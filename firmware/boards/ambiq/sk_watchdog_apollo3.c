/* The watchdog through AmbiqSuite 3: Apollo3 Blue Plus. */
#include "sk_watchdog.h"

#include "am_mcu_apollo.h"

void sk_watchdog_start(void)
{
    am_hal_wdt_config_t config = {
        .ui32Config = AM_HAL_WDT_LFRC_CLK_16HZ | AM_HAL_WDT_ENABLE_INTERRUPT | AM_HAL_WDT_DISABLE_RESET,
        .ui16InterruptCount = SK_WATCHDOG_STEP_S * SK_WATCHDOG_TICKS_PER_S,
    };
    am_hal_wdt_init(&config);
    am_hal_wdt_int_clear();
    am_hal_wdt_int_enable();
    NVIC_ClearPendingIRQ(WDT_IRQn);
    NVIC_EnableIRQ(WDT_IRQn);
    am_hal_wdt_start();
}

void sk_watchdog_feed(void)
{
    am_hal_wdt_restart();
}

void sk_watchdog_stop(void)
{
    am_hal_wdt_halt();
}
