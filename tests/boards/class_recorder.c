/*
 * A QEMU plugin beside the cycle model's: what is executed between markers, by the classes and pairs that the model
 * prices. At the end of a window it writes
 *   r DIRECT OTHER                  executions that do not follow the instruction before in memory, by its kind
 *   m RUNS WIDE                     runs of misaligned wide instructions that the upper bound counts; all such ones
 *   p OVERLAP STORE ADDRESS SPLIT   neighbours: the cycles that single loads save before single accesses, loads
 *                                   directly behind a single store, addresses just loaded, and of the first the pairs
 *                                   of loads that lie on different sides of 0x20000000
 * and a line "ENCODING N" per encoding.
 */
#include "qemu_plugin_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thumb2_cost.h"

SK_EXPORT int qemu_plugin_version = SK_QEMU_API;
SK_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

typedef void (*memory_callback_t)(unsigned int vcpu, uint32_t info, uint64_t address, void *userdata);
void qemu_plugin_register_vcpu_mem_cb(struct qemu_plugin_insn *insn, memory_callback_t cb,
                                      enum qemu_plugin_cb_flags flags, int reads_and_writes, void *userdata);

enum { SLOTS = 1 << 16, READS_AND_WRITES = 3 };
static const uint64_t DATA_REGION = 0x20000000u;

typedef struct {
    uint32_t encoding; /* first halfword << 16 | second */
    uint64_t count;
} slot_t;

typedef struct {
    uint64_t start, end;
    slot_t *slot;
    sk_cost_t cost;
    int marker;
    bool misaligned;
} insn_t;

static slot_t slots[SLOTS];
static FILE *out;
static const insn_t *previous;
static uint64_t direct, other, runs, wide, overlap, behind_store, address, split;
static uint32_t run;
static bool inside, load_before, load_before_is_data, is_data;

static slot_t *find(uint32_t encoding)
{
    uint32_t at = encoding * 2654435761u >> 16;
    while (slots[at].encoding != encoding && slots[at].encoding != 0) {
        at = (at + 1) % SLOTS;
    }
    slots[at].encoding = encoding;
    return &slots[at];
}

static void write_window(void)
{
    fprintf(out, "r %llu %llu\nm %llu %llu\np %llu %llu %llu %llu\n", (unsigned long long)direct,
            (unsigned long long)other, (unsigned long long)runs, (unsigned long long)wide, (unsigned long long)overlap,
            (unsigned long long)behind_store, (unsigned long long)address, (unsigned long long)split);
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].count != 0) {
            fprintf(out, "%08x %llu\n", (unsigned)slots[i].encoding, (unsigned long long)slots[i].count);
        }
        slots[i].count = 0;
    }
    fflush(out);
    direct = other = runs = wide = overlap = behind_store = address = split = 0;
}

static void count_pair(const sk_cost_t *first, const sk_cost_t *next)
{
    overlap += first->single_load && next->single_access ? (next->slow_store ? 2 : 1) : 0;
    behind_store += first->single_access && !first->single_load && next->load;
    address += (first->loaded & next->addressed) != 0 && next->single_access;
}

static void on_insn(unsigned int vcpu, void *userdata)
{
    const insn_t *insn = userdata;
    (void)vcpu;
    bool follows = previous != NULL && previous->end == insn->start;
    if (inside && insn->marker == 2) {
        other += !follows && !previous->cost.direct_branch;
        direct += !follows && previous->cost.direct_branch;
        write_window();
        inside = false;
    } else if (inside) {
        if (follows) {
            count_pair(&previous->cost, &insn->cost);
        } else if (previous->cost.direct_branch) {
            direct++;
        } else {
            other++;
        }
        run = insn->misaligned ? (follows ? run : 0) + 1 : 0;
        runs += run == SK_MISALIGNED_RUN;
        wide += insn->misaligned;
        /* An address that waits for its data overlaps nothing anyway. */
        load_before = follows && previous->cost.single_load && insn->cost.single_load &&
                      (previous->cost.loaded & insn->cost.addressed) == 0;
        load_before_is_data = is_data;
        insn->slot->count++;
    } else if (insn->marker == 1) {
        inside = true;
        run = insn->misaligned;
    }
    previous = insn;
}

static void on_read(unsigned int vcpu, uint32_t info, uint64_t where, void *userdata)
{
    (void)vcpu, (void)info, (void)userdata;
    is_data = where >= DATA_REGION;
    if (inside && load_before && is_data != load_before_is_data) {
        split++;
    }
    load_before = false;
}

static void on_translate(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
    (void)id;
    for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
        struct qemu_plugin_insn *source = qemu_plugin_tb_get_insn(tb, i);
        const uint8_t *bytes = qemu_plugin_insn_data(source);
        insn_t *insn = calloc(1, sizeof *insn);
        if (insn == NULL) {
            abort();
        }
        uint16_t first = (uint16_t)(bytes[0] | bytes[1] << 8), second = 0;
        size_t length = sk_thumb2_is_wide(first) ? 4 : 2;
        if (length == 4) {
            second = (uint16_t)(bytes[2] | bytes[3] << 8);
        }
        insn->start = qemu_plugin_insn_vaddr(source);
        insn->end = insn->start + length;
        insn->slot = find((uint32_t)first << 16 | second);
        insn->marker = sk_thumb2_dbg_option(first, second);
        insn->cost = sk_thumb2_cost(first, second);
        insn->misaligned = sk_thumb2_is_misaligned(insn->start, first);
        qemu_plugin_register_vcpu_insn_exec_cb(source, on_insn, QEMU_PLUGIN_CB_NO_REGS, insn);
        if (insn->cost.single_load) {
            qemu_plugin_register_vcpu_mem_cb(source, on_read, QEMU_PLUGIN_CB_NO_REGS, READS_AND_WRITES, insn);
        }
    }
}

int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv)
{
    (void)info;
    out = argc == 1 && strncmp(argv[0], "out=", 4) == 0 ? fopen(argv[0] + 4, "w") : NULL;
    if (out == NULL) {
        return 1;
    }
    qemu_plugin_register_vcpu_tb_trans_cb(id, on_translate);
    return 0;
}
