/*
 * Counts the instructions and model cycles of a Cortex-M4 image in QEMU and writes one record at every marker.
 *
 * A marker is DBG #1 (begin) or DBG #2 (end), a hint that does nothing on the CPU; being an encoding it is found
 * without symbols. The cost of a translated block is summed once, when QEMU translates it. Each execution adds
 * that sum, plus what only the way into the block decides: the pipeline's refill if the block does not follow the
 * previous one in memory, else what its first instruction and the previous block's last one cost together. So the
 * figures do not depend on where QEMU cuts its blocks. A marker inside a block adds the part of the block before
 * it, so that a window holds exactly the instructions between its two markers, neither included.
 *
 * cycles_high is an upper bound: the cycles and one more per run of SK_MISALIGNED_RUN or more wide instructions at
 * 2 mod 4. A run goes on from block to block as long as execution falls through, so a run that reaches its length in
 * a later block counts there.
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
    uint64_t cycles_high;
} record_t;

/* Of a row of instructions; its misaligned runs without the one that it opens with, whose head may lie before it. */
typedef struct {
    uint64_t instructions;
    uint64_t cycles;
    uint64_t runs;    /* that reached SK_MISALIGNED_RUN */
    uint32_t opening; /* length of the misaligned run that the row opens with */
    uint32_t closing; /* length of the misaligned run that the row closes with; the opening one if it never ended */
} count_t;

typedef struct block {
    uint64_t start;
    uint64_t end;
    count_t cost;
    sk_cost_t first;
    sk_cost_t last;
} block_t;

typedef struct {
    count_t before; /* cost of the block's instructions in front of the marker */
    uint32_t kind;
} marker_t;

typedef struct {
    uint64_t instructions;
    uint64_t cycles;
    uint64_t runs;
    uint32_t run; /* length of the misaligned run that execution stands in */
} state_t;

static FILE *records;
static uint32_t sequence;
static state_t total;       /* of all blocks entered so far */
static state_t block_entry; /* total when the current block was entered, the way into it included */
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

/* The state after a row of instructions that execution entered in `state`. */
static state_t after(state_t state, const count_t *row)
{
    uint32_t head = state.run + row->opening;
    state.instructions += row->instructions;
    state.cycles += row->cycles;
    state.runs += row->runs + (state.run < SK_MISALIGNED_RUN && head >= SK_MISALIGNED_RUN ? 1 : 0);
    state.run = row->opening == row->instructions ? head : row->closing;
    return state;
}

static void on_block(unsigned int vcpu, void *userdata)
{
    const block_t *block = userdata;
    (void)vcpu;
    if (previous != NULL && block->start == previous->end) {
        total.cycles += (uint64_t)(int64_t)sk_thumb2_pair_cycles(previous->last, block->first);
    } else if (previous != NULL) {
        total.cycles += previous->last.direct_branch ? SK_REFILL_DIRECT_CYCLES : SK_REFILL_CYCLES;
        total.run = 0;
    }
    block_entry = total;
    total = after(total, &block->cost);
    previous = block;
}

static void on_marker(unsigned int vcpu, void *userdata)
{
    const marker_t *marker = userdata;
    state_t state = after(block_entry, &marker->before);
    record_t record = {
        .sequence = sequence++,
        .kind = marker->kind,
        .instructions = state.instructions,
        .cycles = state.cycles,
        .cycles_high = state.cycles + state.runs,
    };
    (void)vcpu;
    if (marker->kind == MARKER_BEGIN) { /* the marker itself stands outside the window */
        record.instructions += 1;
        record.cycles += 1;
        record.cycles_high += 1;
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

static void count_run(count_t *row, bool misaligned)
{
    bool still_opening = row->opening == row->instructions;
    row->closing = misaligned ? row->closing + 1 : 0;
    if (still_opening) {
        row->opening += misaligned ? 1 : 0;
    } else if (row->closing == SK_MISALIGNED_RUN) {
        row->runs += 1;
    }
}

/* Blocks and markers live as long as QEMU: a flushed block may still be `previous`. */
static void translate(struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);
    block_t *block = allocate(sizeof *block);
    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        uint64_t address = qemu_plugin_insn_vaddr(insn);
        uint8_t opcode[4] = {0};
        size_t size = read_opcode(insn, opcode);
        uint16_t first = halfword(opcode);
        /* Near the end of a page QEMU 7.2 has peeked at the next halfword, and reports the last instruction too long. */
        size_t length = sk_thumb2_is_wide(first) ? 4 : 2;
        uint16_t second = length == 4 && size == 4 ? halfword(opcode + 2) : 0;
        sk_cost_t cost = sk_thumb2_cost(first, second);

        if (i == 0) {
            block->start = address;
            block->first = cost;
        } else {
            block->cost.cycles += (uint64_t)(int64_t)sk_thumb2_pair_cycles(block->last, cost);
        }
        watch_marker(insn, sk_thumb2_dbg_option(first, second), block->cost);
        count_run(&block->cost, sk_thumb2_is_misaligned(address, first));
        block->end = address + length;
        block->cost.instructions += 1;
        block->cost.cycles += cost.cycles;
        block->last = cost;
    }
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
