/* Ends a bench image: asks QEMU, run with semihosting, to exit (Arm semihosting, SYS_EXIT_EXTENDED). */
#ifndef SK_SEMIHOSTING_H
#define SK_SEMIHOSTING_H

#include <stdint.h>

static inline void sk_semihosting_exit(int status)
{
    /* ADP_Stopped_ApplicationExit; the subcode is the exit status */
    volatile uint32_t block[2] = {0x20026u, (uint32_t)status};
    register uint32_t operation __asm__("r0") = 0x20u;
    register volatile uint32_t *argument __asm__("r1") = block;
    __asm__ volatile("bkpt 0xAB" : "+r"(operation) : "r"(argument) : "memory");
    for (;;) {
    }
}

#endif
