/* The chip's watchdog, for steps that never end: its interrupt enters the fault handler, which names the step's code. */
#ifndef SK_WATCHDOG_H
#define SK_WATCHDOG_H

enum {
    SK_WATCHDOG_STEP_S = 10, /* a step's time; the host waits longer for a run */
    SK_WATCHDOG_TICKS_PER_S = 16
};

/* From now on the interrupt comes SK_WATCHDOG_STEP_S after the last feed. Never resets the chip: the host is to be told. */
void sk_watchdog_start(void);
void sk_watchdog_feed(void);
void sk_watchdog_stop(void);

#endif
