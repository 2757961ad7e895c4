#include "sk_clock.h"

#include "am_mcu_apollo.h"
#include "ns_timer.h"

enum {
    WINDOW_US = 10000,
    READS_MAX = 2000000 /* a timer that has not moved after so many reads does not run */
};

/* Spins until `us` microseconds have passed since `start`; false where the timer stands still. */
static bool wait_until(ns_timer_config_t *timer, uint32_t start, uint32_t us)
{
    for (uint32_t reads = 0; reads < READS_MAX; reads++) {
        if (ns_us_ticker_read(timer) - start >= us) {
            return true;
        }
    }
    return false;
}

uint32_t sk_clock_measure(void)
{
    static ns_timer_config_t timer; /* the SDK keeps its address */
    timer.api = &ns_timer_V1_0_0;
    timer.timer = NS_TIMER_COUNTER;
    timer.enableInterrupt = false;
    if (ns_timer_init(&timer) != NS_STATUS_SUCCESS) {
        return 0;
    }
    if (!wait_until(&timer, ns_us_ticker_read(&timer), 1)) { /* begins at an edge */
        return 0;
    }
    uint32_t start_us = ns_us_ticker_read(&timer);
    uint32_t start_cycles = DWT->CYCCNT;
    if (!wait_until(&timer, start_us, WINDOW_US)) {
        return 0;
    }
    uint32_t cycles = DWT->CYCCNT - start_cycles;
    uint32_t passed_us = ns_us_ticker_read(&timer) - start_us;
    return (uint32_t)((uint64_t)cycles * 1000000u / passed_us);
}
