/*
 * Counts the instructions and model cycles of a Cortex-M4 image in QEMU and writes one record at every marker.
 *
 * A marker is DBG #1 (begin) or DBG #2 (end), a hint that does nothing on the CPU; being an encoding it is found
 * without symbols. The cost of a translated block is summed once, when QEMU translates it. Each execution adds
 * that sum, plus what only the way into the block decides: the pipeline refill where the block does not follow
 * the previous one in memory, and one cycle less for a single load at its head behind a single load or store.
 * So the figures do not depend on where QEMU cuts its blocks. A marker inside a block adds the part of the
 * block before it, so that a window holds exactly the instructions between its two markers, neither included.
 *
 * One execution is not counted right: an instruction in the middle of a block that accesses a device makes
 * QEMU (with -icount) leave the block and translate anew from there. Windows therefore hold no device access.
 */
#include "qemu_plugin_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thumb2_cost.h"

SK_EXPORT int qemu_plugin_version = SK_QEMU_API;
SK_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

enum { MARKER_BEGIN = 1, MARKER_END = 2 };

/* The record on disk, in the host's byte order: the reader is on the same machine. */
typedef struct {
    uint32_t sequence;
    uint32_t kind;
    uint64_t instructions;
    uint64_t cycles;
} record_t;

typedef struct {
    uint64_t instructions;
    uint64_t cycles;
} count_t;

typedef struct block {
    uint64_t start;
    uint64_t end;
    count_t cost;
    bool opens_with_single_load;
    bool closes_with_single_access;
} block_t;

typedef struct {
    count_t before; /* cost of the block's instructions in front of the marker */
    uint32_t kind;
} marker_t;

static FILE *records;
static uint32_t sequence;
static count_t total;        /* of all blocks entered so far */
static count_t block_entry;  /* total when the current block was entered, its refill included */
static const block_t *previous;

static void *allocate(size_t size)
{
    void *memory = calloc(1, size);
    if (memory == NULL) {
        fprintf(stderr, "sktools cycle model: out of memory\n");
        abort();
    }
    return memory;
}

static void on_block(unsigned int vcpu, void *userdata)
{
    const block_t *block = userdata;
    (void)vcpu;
    if (previous != NULL) {
        if (block->start != previous->end) {
            total.cycles += SK_REFILL_CYCLES;
        } else if (block->opens_with_single_load && previous->closes_with_single_access) {
            total.cycles -= 1;
        }
    }
    block_entry = total;
    total.instructions += block->cost.instructions;
    total.cycles += block->cost.cycles;
    previous = block;
}

static void on_marker(unsigned int vcpu, void *userdata)
{
    const marker_t *marker = userdata;
    record_t record = {
        .sequence = sequence++,
        .kind = marker->kind,
        .instructions = block_entry.instructions + marker->before.instructions,
        .cycles = block_entry.cycles + marker->before.cycles,
    };
    (void)vcpu;
    if (marker->kind == MARKER_BEGIN) { /* the marker itself stands outside the window */
        record.instructions += 1;
        record.cycles += 1;
    }
    /* Flushed, so that the host finds it when the answer that follows has come over the serial line. */
    if (fwrite(&record, sizeof record, 1, records) != 1 || fflush(records) != 0) {
        fprintf(stderr, "sktools cycle model: cannot write the marker records\n");
        abort();
    }
}

static uint16_t halfword(const uint8_t *bytes)
{
    return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static size_t read_opcode(const struct qemu_plugin_insn *insn, uint8_t opcode[4])
{
    size_t size = qemu_plugin_insn_size(insn);
    if (size > 4) {
        size = 4;
    }
#if SK_QEMU_API >= 3
    return qemu_plugin_insn_data(insn, opcode, size);
#else
    memcpy(opcode, qemu_plugin_insn_data(insn), size);
    return size;
#endif
}

static void watch_marker(struct qemu_plugin_insn *insn, int option, count_t before)
{
    if (option != MARKER_BEGIN && option != MARKER_END) {
        return;
    }
    marker_t *marker = allocate(sizeof *marker);
    marker->before = before;
    marker->kind = (uint32_t)option;
    qemu_plugin_register_vcpu_insn_exec_cb(insn, on_marker, QEMU_PLUGIN_CB_NO_REGS, marker);
}

/* Blocks and markers live as long as QEMU: a flushed block may still be `previous`. */
static void translate(struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    block_t *block = allocate(sizeof *block);
    bool after_single_access = false;
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint8_t opcode[4] = {0};
        size_t size = read_opcode(insn, opcode);
        uint16_t first = halfword(opcode);
        /* Near the end of a page QEMU 7.2 has peeked at the next halfword, and reports the last instruction too long. */
        size_t length = sk_thumb2_is_wide(first) ? 4 : 2;
        uint16_t second = length == 4 && size == 4 ? halfword(opcode + 2) : 0;
        sk_cost_t cost = sk_thumb2_cost(first, second);

        watch_marker(insn, sk_thumb2_dbg_option(first, second), block->cost);
        if (i == 0) {
            block->start = qemu_plugin_insn_vaddr(insn);
            block->opens_with_single_load = cost.single_load;
        }
        block->end = qemu_plugin_insn_vaddr(insn) + length;
        block->cost.instructions += 1;
        block->cost.cycles += cost.cycles - (cost.single_load && after_single_access ? 1u : 0u);
        after_single_access = cost.single_access;
    }
    block->closes_with_single_access = after_single_access;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, on_block, QEMU_PLUGIN_CB_NO_REGS, block);
}

#if SK_QEMU_API >= 7
static void on_translate(struct qemu_plugin_tb *tb, void *userdata)
{
    (void)userdata;
    translate(tb);
}
#else
static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    translate(tb);
}
#endif

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    static const char option[] = "records=";
    (void)info;
    if (argc != 1 || strncmp(argv[0], option, sizeof option - 1) != 0) {
        fprintf(stderr, "sktools cycle model: give the option records=FILE\n");
        return 1;
    }
    records = fopen(argv[0] + sizeof option - 1, "ab");
    if (records == NULL) {
        fprintf(stderr, "sktools cycle model: cannot open the records file\n");
        return 1;
    }
#if SK_QEMU_API >= 7
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate, NULL);
#else
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
#endif
    return 0;
}
