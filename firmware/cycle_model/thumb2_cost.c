#include "thumb2_cost.h"

/* The table. A single load's 2 cycles become 1 behind another single access, see sk_cost_t. */
enum {
    COST_DATA = 1,
    COST_LOAD = 2,
    COST_STORE_IMMEDIATE = 1,
    COST_STORE_REGISTER = 2,
    COST_DUAL = 3,
    COST_MULTIPLE_BASE = 1, /* and one a register */
    COST_EXCLUSIVE = 2,
    COST_TABLE_BRANCH = 2,
    COST_DIVIDE = 7, /* 2 to 12 by operands; the mean */
    COST_FP_MULTIPLY_ADD = 3,
    COST_FP_TRANSFER = 2,
    COST_FP_DIVIDE = 14
};

static sk_cost_t plain(unsigned cycles)
{
    sk_cost_t cost = {(uint8_t)cycles, false, false};
    return cost;
}

static sk_cost_t load(void)
{
    sk_cost_t cost = {COST_LOAD, true, true};
    return cost;
}

static sk_cost_t store(unsigned cycles)
{
    sk_cost_t cost = {(uint8_t)cycles, false, true};
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

static sk_cost_t multiple(unsigned registers)
{
    return plain(COST_MULTIPLE_BASE + registers);
}

/* Armv7-M ARM, A5.2: 16-bit instructions. */
static sk_cost_t narrow_cost(uint16_t op)
{
    switch (op >> 12) {
    case 0x4:
        /* 01001x: load from the literal pool; below it data processing, BX and BLX */
        return (op & 0x0800) ? load() : plain(COST_DATA);
    case 0x5: {
        /* 0101 ooo: register offset; 0 to 2 are STR, STRH, STRB */
        unsigned form = (op >> 9) & 7u;
        return form < 3 ? store(COST_STORE_REGISTER) : load();
    }
    case 0x6: /* STR, LDR immediate */
    case 0x7: /* STRB, LDRB immediate */
    case 0x8: /* STRH, LDRH immediate */
    case 0x9: /* STR, LDR relative to SP */
        return (op & 0x0800) ? load() : store(COST_STORE_IMMEDIATE);
    case 0xB:
        if ((op & 0xF600) == 0xB400) { /* PUSH, POP; bit 8 adds LR or PC */
            return multiple(count_bits(op & 0x1FFu));
        }
        return plain(COST_DATA);
    case 0xC: /* STM, LDM */
        return multiple(count_bits(op & 0xFFu));
    default:
        return plain(COST_DATA);
    }
}

/* A5.3.5 to A5.3.10: 1110 100x x... and 1111 100x x... */
static sk_cost_t wide_memory_cost(uint16_t first, uint16_t second)
{
    if ((first & 0xFE40) == 0xE800) { /* LDM, STM, PUSH, POP */
        return multiple(count_bits(second));
    }
    if ((first & 0xFE40) == 0xE840) { /* dual, exclusive, table branch */
        if ((first & 0xFFF0) == 0xE8D0 && (second & 0x00E0) == 0x0000) {
            return plain(COST_TABLE_BRANCH);
        }
        if ((first & 0x0120) == 0) {
            return plain(COST_EXCLUSIVE);
        }
        return plain(COST_DUAL);
    }
    if ((first & 0xFF10) == 0xF800) { /* store single */
        bool register_offset = (first & 0x0080) == 0 && (second & 0x0FC0) == 0;
        return store(register_offset ? COST_STORE_REGISTER : COST_STORE_IMMEDIATE);
    }
    /* load single; Rt = PC of the byte and halfword forms is PLD or an unallocated hint, which moves no data */
    if ((second >> 12) == 0xF && (first & 0x0060) != 0x0040) {
        return plain(COST_DATA);
    }
    return load();
}

/* A6.4 to A6.7: VFPv4-SP, coprocessors 10 and 11. */
static sk_cost_t float_cost(uint16_t first, uint16_t second)
{
    if ((first & 0xFE00) == 0xEC00) { /* transfers between FPU and memory, or of two core registers */
        if ((first & 0x01E0) == 0x0040) {
            return plain(COST_DATA); /* VMOV between two core registers and FPU */
        }
        if ((first & 0x0120) == 0x0100) {
            return plain(COST_FP_TRANSFER); /* VLDR, VSTR: P = 1, W = 0 */
        }
        return multiple(second & 0xFFu); /* VLDM, VSTM, VPUSH, VPOP: imm8 counts words */
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
    return plain(COST_DATA);
}

bool sk_thumb2_is_wide(uint16_t first)
{
    return (first >> 11) >= 0x1Du;
}

sk_cost_t sk_thumb2_cost(uint16_t first, uint16_t second)
{
    return sk_thumb2_is_wide(first) ? wide_cost(first, second) : narrow_cost(first);
}

int sk_thumb2_dbg_option(uint16_t first, uint16_t second)
{
    return first == 0xF3AF && (second & 0xFFF0) == 0x80F0 ? (int)(second & 0xFu) : -1;
}
