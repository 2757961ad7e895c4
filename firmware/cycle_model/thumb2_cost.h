/*
 * What one Thumb-2 instruction costs on a Cortex-M4, and what two neighbours cost together. Sources: the Technical
 * Reference Manual (section 3.3 "Instruction set summary", section 7.2.3 for the FPU), corrected by published cycle
 * counts of hand-written code; docs/cycle-model.md names the evidence of each rule.
 */
#ifndef SK_THUMB2_COST_H
#define SK_THUMB2_COST_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    /* Cycles of the instruction alone: no refill of a taken branch, no neighbour. */
    uint8_t cycles;
    /* Loads one core register (LDR and its byte and halfword forms). */
    bool single_load;
    /* Loads or stores one core register. */
    bool single_access;
    /* Stores one core register at a register offset: its address takes a cycle, which a load before it hides. */
    bool slow_store;
    /* Loads core registers: LDR, LDRD, LDM, POP. */
    bool load;
    /* A branch whose target the encoding holds: B, B<c>, CBZ, CBNZ, BL. */
    bool direct_branch;
    /* Core registers that a load fills, and those that a load or store forms its address from: bit n is Rn. */
    uint16_t loaded;
    uint16_t addressed;
} sk_cost_t;

/* The pipeline's refill when execution does not fall through: after a direct branch, and after anything else. */
#define SK_REFILL_DIRECT_CYCLES 1u
#define SK_REFILL_CYCLES 2u

/* A run of at least this many wide instructions at 2 mod 4 may cost a cycle more: see sk_thumb2_is_misaligned. */
#define SK_MISALIGNED_RUN 3u

/*
 * first: the (first) halfword. second: the second halfword of a 32-bit instruction, 0 for a 16-bit one.
 * An encoding that the table does not name costs 1, as data processing does.
 */
sk_cost_t sk_thumb2_cost(uint16_t first, uint16_t second);

/* Cycles that are added when `next` directly follows `first` in memory and in time; -1 when the two overlap. */
int sk_thumb2_pair_cycles(sk_cost_t first, sk_cost_t next);

/* True if `first` opens a 32-bit instruction (Armv7-M ARM, A5.1). */
bool sk_thumb2_is_wide(uint16_t first);

/* True for a 32-bit instruction that lies across two words. */
bool sk_thumb2_is_misaligned(uint64_t address, uint16_t first);

/* n of DBG #n (Armv7-M ARM, A7.7.31), or -1 for any other instruction. */
int sk_thumb2_dbg_option(uint16_t first, uint16_t second);

#endif
