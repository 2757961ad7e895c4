/*
 * Plays QEMU for the cycle model's plugin, for the API version it is compiled with: translates two blocks of three
 * instructions, runs them in the order given on the command line ("0 1 1": block numbers) and lets the plugin write
 * its records. The declarations are the plugin's own; what is tested is that each version's calls fit together.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_plugin_api.h"

enum { BLOCKS = 2, INSNS = 3 };

struct qemu_plugin_insn {
    unsigned char bytes[4];
    size_t size;
    uint64_t address;
    qemu_plugin_vcpu_udata_cb_t on_exec;
    void *userdata;
};

struct qemu_plugin_tb {
    struct qemu_plugin_insn insns[INSNS];
    qemu_plugin_vcpu_udata_cb_t on_exec;
    void *userdata;
};

/* dbg #1; ldr r1, [r0]; bne: 1 + 2 + 1 behind the marker. Then, following it: ldr r1, [r0]; adds r1, #1; dbg #2 */
static struct qemu_plugin_tb blocks[BLOCKS] = {
    {.insns = {{{0xAF, 0xF3, 0xF1, 0x80}, 4, 0x100, 0, 0}, {{0x01, 0x68}, 2, 0x104, 0, 0}, {{0x00, 0xD1}, 2, 0x106, 0, 0}}},
    {.insns = {{{0x01, 0x68}, 2, 0x108, 0, 0}, {{0x01, 0x31}, 2, 0x10A, 0, 0}, {{0xAF, 0xF3, 0xF2, 0x80}, 4, 0x10C, 0, 0}}},
};

static qemu_plugin_vcpu_tb_trans_cb_t on_translate;

#if SK_QEMU_API >= 7
static void *translate_userdata;

SK_EXPORT void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb, void *userdata)
{
    (void)id;
    translate_userdata = userdata;
#else
SK_EXPORT void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, qemu_plugin_vcpu_tb_trans_cb_t cb)
{
    (void)id;
#endif
    on_translate = cb;
}

SK_EXPORT void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *tb, qemu_plugin_vcpu_udata_cb_t cb,
                                                    enum qemu_plugin_cb_flags flags, void *userdata)
{
    (void)flags;
    tb->on_exec = cb;
    tb->userdata = userdata;
}

SK_EXPORT void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn, qemu_plugin_vcpu_udata_cb_t cb,
                                                      enum qemu_plugin_cb_flags flags, void *userdata)
{
    (void)flags;
    insn->on_exec = cb;
    insn->userdata = userdata;
}

SK_EXPORT size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb)
{
    (void)tb;
    return INSNS;
}

SK_EXPORT struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb, size_t idx)
{
    return (struct qemu_plugin_insn *)&tb->insns[idx];
}

#if SK_QEMU_API >= 3
SK_EXPORT size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *insn, void *dest, size_t len)
{
    size_t count = len < insn->size ? len : insn->size;
    memcpy(dest, insn->bytes, count);
    return count;
}
#else
SK_EXPORT const void *qemu_plugin_insn_data(const struct qemu_plugin_insn *insn)
{
    return insn->bytes;
}
#endif

SK_EXPORT size_t qemu_plugin_insn_size(const struct qemu_plugin_insn *insn)
{
    return insn->size;
}

SK_EXPORT uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn)
{
    return insn->address;
}

int main(int argc, char **argv)
{
    qemu_info_t info = {.target_name = "arm", .version = {0, SK_QEMU_API}, .system_emulation = true, .system = {1, 1}};
    void *plugin = dlopen(argv[1], RTLD_NOW);
    if (plugin == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        return 2;
    }
    int (*install)(qemu_plugin_id_t, const qemu_info_t *, int, char **);
    *(void **)&install = dlsym(plugin, "qemu_plugin_install");
    const int *version = dlsym(plugin, "qemu_plugin_version");
    if (*version != SK_QEMU_API || install(7, &info, 1, argv + 2) != 0) {
        return 3;
    }
    for (int i = 0; i < BLOCKS; i++) {
#if SK_QEMU_API >= 7
        on_translate(&blocks[i], translate_userdata);
#else
        on_translate(7, &blocks[i]);
#endif
    }
    for (int i = 3; i < argc; i++) {
        struct qemu_plugin_tb *tb = &blocks[atoi(argv[i])];
        tb->on_exec(0, tb->userdata);
        for (int j = 0; j < INSNS; j++) {
            if (tb->insns[j].on_exec != NULL) {
                tb->insns[j].on_exec(0, tb->insns[j].userdata);
            }
        }
    }
    return 0;
}
