/*
 * The serial server: one byte in, and whatever it answers out through sk_board_send. It keeps no time, allocates
 * nothing and trusts no byte, so the same code runs on a board, in the host build and under a fuzzer.
 */
#ifndef SK_SERVER_H
#define SK_SERVER_H

#include <stdint.h>

/* Registers of a fault, in the order they go over the wire. */
typedef struct {
    uint32_t r0, r1, r2, r3, r12, lr, pc, psr;
    uint32_t cfsr, hfsr, mmfar, bfar;
    uint32_t sp;
    uint32_t reason; /* SK_FAULT_CPU and the like */
} sk_fault_t;

/* Forgets all that went before and sends the banner line. */
void sk_server_start(void);

void sk_server_feed(uint8_t byte);

/* From now on every request but RESET is answered with this fault; the request under way is answered at once. */
void sk_server_fault(const sk_fault_t *fault);

#endif
