/* What the CPU clock really is. */
#ifndef SK_CLOCK_H
#define SK_CLOCK_H

#include <stdint.h>

/*
 * CPU cycles in a second: DWT CYCCNT, which must run, against ns_timer. 0: the timer or the counter stands still.
 * Takes 10 ms. As exact as the oscillator behind the timer, and to the microsecond at either end (0.02 %).
 */
uint32_t sk_clock_measure(void);

#endif
