/*
 * A QEMU plugin beside the cycle model's: how often each encoding is executed between markers, with what the way there
 * decides. At the end of a window it writes a line "r N" (refills: executions that do not follow the instruction before
 * in memory) and lines "ENCODING N CHAINED" (of them, directly behind a single load or store).
 */
#include "qemu_plugin_api.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thumb2_cost.h"

SK_EXPORT int qemu_plugin_version = SK_QEMU_API;
SK_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc, char **argv);

enum { SLOTS = 1 << 16 };

typedef struct {
    uint32_t encoding; /* first halfword << 16 | second */
    uint64_t count, chained;
} slot_t;

typedef struct {
    uint64_t start, end;
    slot_t *slot;
    int marker;
    bool single_access;
} insn_t;

static slot_t slots[SLOTS];
static FILE *out;
static const insn_t *previous;
static uint64_t refills;
static bool inside;

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
    fprintf(out, "r %llu\n", (unsigned long long)refills);
    for (size_t i = 0; i < SLOTS; i++) {
        if (slots[i].count != 0) {
            fprintf(out, "%08x %llu %llu\n", (unsigned)slots[i].encoding, (unsigned long long)slots[i].count,
                    (unsigned long long)slots[i].chained);
        }
        slots[i].count = slots[i].chained = 0;
    }
    fflush(out);
    refills = 0;
}

static void on_insn(unsigned int vcpu, void *userdata)
{
    const insn_t *insn = userdata;
    (void)vcpu;
    if (inside) {
        bool follows = previous->end == insn->start;
        refills += follows ? 0 : 1;
        if (insn->marker == 2) {
            write_window();
            inside = false;
        } else {
            insn->slot->count++;
            insn->slot->chained += follows && previous->single_access ? 1 : 0;
        }
    } else if (insn->marker == 1) {
        inside = true;
    }
    previous = insn;
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
        insn->single_access = sk_thumb2_cost(first, second).single_access;
        qemu_plugin_register_vcpu_insn_exec_cb(source, on_insn, QEMU_PLUGIN_CB_NO_REGS, insn);
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
