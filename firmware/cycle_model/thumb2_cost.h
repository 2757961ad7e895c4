/*
 * What one Thumb-2 instruction costs on a Cortex-M4, after the tables of its Technical Reference Manual (section 3.3
 * "Instruction set summary", section 7.2.3 for the FPU), reduced to what can be told from the encoding alone.
 */
#ifndef SK_THUMB2_COST_H
#define SK_THUMB2_COST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    /* Cycles without the refill of a taken branch, and for a single load as if nothing preceded it. */
    uint8_t cycles;
    /* A load of one register: costs 1 less directly after another single load or store. */
    bool single_load;
    /* A load or store of one register: makes a single load directly after it cost 1 less. */
    bool single_access;
} sk_cost_t;

/* Refill of the pipeline where execution does not fall through. */
#define SK_REFILL_CYCLES 2u

/*
 * first: the (first) halfword. second: the second halfword of a 32-bit instruction, 0 for a 16-bit one.
 * An encoding that the table does not name costs 1, as data processing does.
 */
sk_cost_t sk_thumb2_cost(uint16_t first, uint16_t second);

/* True where `first` opens a 32-bit instruction (Armv7-M ARM, A5.1). */
bool sk_thumb2_is_wide(uint16_t first);

/* n of DBG #n (Armv7-M ARM, A7.7.31), or -1 for any other instruction. */
int sk_thumb2_dbg_option(uint16_t first, uint16_t second);

#endif
