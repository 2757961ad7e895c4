#include "thumb2_cost.h"

/* The table. What neighbours add stands in sk_thumb2_pair_cycles. */
enum {
    COST_DATA = 1,
    COST_LOAD = 2,
    COST_STORE_IMMEDIATE = 1,
    COST_STORE_REGISTER = 2,
    COST_DUAL = 3,
    COST_MULTIPLE_BASE = 1, /* and one per register */
    COST_EXCLUSIVE = 2,
    COST_TABLE_BRANCH = 2,
    COST_DIVIDE = 7, /* 2 to 12 by operands; the mean */
    COST_FP_MULTIPLY_ADD = 3,
    COST_FP_TRANSFER = 2,
    COST_FP_PAIR = 2, /* VMOV of two core registers */
    COST_FP_DIVIDE = 14
};

enum { NO_REGISTER = -1, SP = 13, PC = 15 };

static uint16_t bit(int reg)
{
    return reg == NO_REGISTER ? 0 : (uint16_t)(1u << reg);
}

static sk_cost_t plain(unsigned cycles)
{
    sk_cost_t cost = {.cycles = (uint8_t)cycles};
    return cost;
}

static sk_cost_t direct_branch(void)
{
    sk_cost_t cost = plain(COST_DATA);
    cost.direct_branch = true;
    return cost;
}

/* LDR of one register. A base of PC is the literal pool: its address needs no register that a load could fill. */
static sk_cost_t load(int target, int base, int offset)
{
    sk_cost_t cost = plain(COST_LOAD);
    cost.single_load = cost.single_access = cost.load = true;
    cost.loaded = bit(target);
    cost.addressed = (uint16_t)((bit(base) | bit(offset)) & ~bit(PC));
    return cost;
}

static sk_cost_t store(unsigned cycles, int base, int offset)
{
    sk_cost_t cost = plain(cycles);
    cost.single_access = true;
    cost.slow_store = cycles > COST_STORE_IMMEDIATE;
    cost.addressed = (uint16_t)(bit(base) | bit(offset));
    return cost;
}

/* Accesses of several registers: LDM, STM, LDRD, STRD. registers: those that move, bit n is Rn. */
static sk_cost_t several(unsigned cycles, bool is_load, unsigned registers, int base)
{
    sk_cost_t cost = plain(cycles);
    cost.load = is_load;
    cost.loaded = is_load ? (uint16_t)registers : 0;
    cost.addressed = bit(base);
    return cost;
}

static unsigned count_bits(unsigned mask)
{
    unsigned count = 0;
    for (; mask != 0; mask &= mask - 1) {
        count++;
    }
    return count;
}

static sk_cost_t multiple(bool is_load, unsigned registers, int base)
{
    return several(COST_MULTIPLE_BASE + count_bits(registers), is_load, registers, base);
}

/* 16-bit forms: 0xB___ (miscellaneous). */
static sk_cost_t narrow_miscellaneous_cost(uint16_t op)
{
    if ((op & 0xF600) == 0xB400) { /* PUSH, POP; bit 8 adds LR or PC */
        bool is_pop = (op & 0x0800) != 0;
        unsigned extra = (op & 0x0100) == 0 ? 0 : is_pop ? 0x8000u : 0x4000u;
        return multiple(is_pop, (op & 0xFFu) | extra, SP);
    }
    if ((op & 0xF500) == 0xB100) { /* CBZ, CBNZ */
        return direct_branch();
    }
    return plain(COST_DATA);
}

/* Armv7-M ARM, A5.2: 16-bit instructions. */
static sk_cost_t narrow_cost(uint16_t op)
{
    int low = op & 7, base = (op >> 3) & 7, offset = (op >> 6) & 7, high = (op >> 8) & 7;

    switch (op >> 12) {
    case 0x4:
        /* 01001x: load from the literal pool; below it data processing, BX and BLX */
        return (op & 0x0800) ? load(high, PC, NO_REGISTER) : plain(COST_DATA);
    case 0x5: {
        /* 0101 ooo: register offset; 0 to 2 are STR, STRH, STRB */
        unsigned form = (op >> 9) & 7u;
        return form < 3 ? store(COST_STORE_REGISTER, base, offset) : load(low, base, offset);
    }
    case 0x6: /* STR, LDR immediate */
    case 0x7: /* STRB, LDRB immediate */
    case 0x8: /* STRH, LDRH immediate */
        return (op & 0x0800) ? load(low, base, NO_REGISTER) : store(COST_STORE_IMMEDIATE, base, NO_REGISTER);
    case 0x9: /* STR, LDR relative to SP */
        return (op & 0x0800) ? load(high, SP, NO_REGISTER) : store(COST_STORE_IMMEDIATE, SP, NO_REGISTER);
    case 0xB:
        return narrow_miscellaneous_cost(op);
    case 0xC: /* STM, LDM */
        return multiple((op & 0x0800) != 0, op & 0xFFu, high);
    case 0xD: /* B<c>; 0xDE__ is undefined, 0xDF__ is SVC */
        return (op & 0x0E00) == 0x0E00 ? plain(COST_DATA) : direct_branch();
    case 0xE: /* B: wide encodings do not come here */
        return direct_branch();
    default:
        return plain(COST_DATA);
    }
}

/* A5.3.5 to A5.3.10: 1110 100x x... and 1111 100x x... */
static sk_cost_t wide_memory_cost(uint16_t first, uint16_t second)
{
    int base = first & 0xF, target = second >> 12;
    bool is_load = (first & 0x0010) != 0;

    if ((first & 0xFE40) == 0xE800) { /* LDM, STM, PUSH, POP */
        return multiple(is_load, second, base);
    }
    if ((first & 0xFE40) == 0xE840) { /* dual, exclusive, table branch */
        if ((first & 0xFFF0) == 0xE8D0 && (second & 0x00E0) == 0x0000) {
            return plain(COST_TABLE_BRANCH);
        }
        if ((first & 0x0120) == 0) {
            return plain(COST_EXCLUSIVE);
        }
        return several(COST_DUAL, is_load, bit(target) | bit((second >> 8) & 0xF), base);
    }
    bool register_offset = (first & 0x0080) == 0 && (second & 0x0FC0) == 0;
    int offset = register_offset && base != PC ? second & 0xF : NO_REGISTER;
    if ((first & 0xFF10) == 0xF800) { /* store single */
        return store(register_offset ? COST_STORE_REGISTER : COST_STORE_IMMEDIATE, base, offset);
    }
    /* load single; Rt = PC of the byte and halfword forms is PLD or an unallocated hint, which moves no data */
    if (target == PC && (first & 0x0060) != 0x0040) {
        return plain(COST_DATA);
    }
    return load(target, base, offset);
}

/* A6.4 to A6.7: VFPv4-SP, coprocessors 10 and 11. */
static sk_cost_t float_cost(uint16_t first, uint16_t second)
{
    if ((first & 0xFE00) == 0xEC00) { /* transfers between FPU and memory, or of two core registers */
        if ((first & 0x01E0) == 0x0040) {
            return plain(COST_FP_PAIR);
        }
        if ((first & 0x0120) == 0x0100) {
            return plain(COST_FP_TRANSFER); /* VLDR, VSTR: P = 1, W = 0 */
        }
        return plain(COST_MULTIPLE_BASE + (second & 0xFFu)); /* VLDM, VSTM, VPUSH, VPOP: imm8 counts words */
    }
    if ((second & 0x0010) != 0) {
        return plain(COST_DATA); /* VMOV, VMRS, VMSR */
    }
    switch (first & 0x00B0) { /* opc1 without D */
    case 0x0000: /* VMLA, VMLS */
    case 0x0010: /* VNMLA, VNMLS */
    case 0x0090: /* VFNMA, VFNMS */
    case 0x00A0: /* VFMA, VFMS */
        return plain(COST_FP_MULTIPLY_ADD);
    case 0x0080:
        return plain(COST_FP_DIVIDE);
    case 0x00B0:
        if ((first & 0x000F) == 0x0001 && (second & 0x00C0) == 0x00C0) {
            return plain(COST_FP_DIVIDE); /* VSQRT */
        }
        return plain(COST_DATA);
    default:
        return plain(COST_DATA);
    }
}

static sk_cost_t wide_cost(uint16_t first, uint16_t second)
{
    bool coprocessor_space = (first & 0xEC00) == 0xEC00;
    if (coprocessor_space) {
        bool fpu = (second & 0x0E00) == 0x0A00;
        return fpu ? float_cost(first, second) : plain(COST_DATA);
    }
    if ((first & 0xFE00) == 0xE800 || (first & 0xFE00) == 0xF800) {
        return wide_memory_cost(first, second);
    }
    if ((first & 0xFFD0) == 0xFB90 && (second & 0x00F0) == 0x00F0) {
        return plain(COST_DIVIDE); /* SDIV, UDIV */
    }
    if ((first & 0xF800) == 0xF000 && (second & 0x8000) != 0) { /* A5.3.4: branches and miscellaneous control */
        bool conditional = (second & 0x5000) == 0;
        bool is_control = conditional && (first & 0x0380) == 0x0380; /* MSR, hints, barriers, MRS, undefined */
        return is_control ? plain(COST_DATA) : direct_branch();
    }
    return plain(COST_DATA);
}

bool sk_thumb2_is_wide(uint16_t first)
{
    return (first >> 11) >= 0x1Du;
}

bool sk_thumb2_is_misaligned(uint64_t address, uint16_t first)
{
    return (address & 2u) != 0 && sk_thumb2_is_wide(first);
}

sk_cost_t sk_thumb2_cost(uint16_t first, uint16_t second)
{
    return sk_thumb2_is_wide(first) ? wide_cost(first, second) : narrow_cost(first);
}

int sk_thumb2_pair_cycles(sk_cost_t first, sk_cost_t next)
{
    int cycles = 0;
    if (first.single_load && next.single_access) {
        cycles -= next.slow_store ? 2 : 1; /* the address phase of `next` overlaps the data phase of `first` */
    }
    if (first.single_access && !first.single_load && next.load) {
        cycles += 1; /* nothing overlaps a store */
    }
    if ((first.loaded & next.addressed) != 0 && next.single_access) {
        cycles += 1; /* the address waits for the data */
    }
    return cycles;
}

int sk_thumb2_dbg_option(uint16_t first, uint16_t second)
{
    return first == 0xF3AF && (second & 0xFFF0) == 0x80F0 ? (int)(second & 0xFu) : -1;
}
