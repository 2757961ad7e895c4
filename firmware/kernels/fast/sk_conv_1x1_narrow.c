#include "sk_conv_1x1_narrow.h"

#include <string.h>

#include "sk_simd.h"

/* The bytes become the high halves of int16, which is times SK_FIT_SCALE. */
#define MASK 0xFF00FF00u

typedef struct {
    const uint32_t *from;
    uint32_t *to;
} widening_t;

/* A record, of which the last `back` words of weights are not wanted. */
static inline void widen_record(widening_t *at, uint32_t fours, uint32_t back)
{
#if SK_HAS_DSP_ASSEMBLY
    /* gcc 12 takes LDRD and STRD, 3 cycles for two words, where LDM and STM take 5 for four: 40 cycles a four, this 28. */
    __asm__ volatile(
        "    ldm     %[from]!, {r4-r6, r8}\n"
        "    stm     %[to]!, {r4-r6, r8}\n"
        "1:  ldm     %[from]!, {r4-r6, r8}\n"
        "    subs    %[fours], %[fours], #1\n"
        "    and     r9, %[mask], r4, lsl #8\n"
        "    and     r10, %[mask], r5, lsl #8\n"
        "    and     r11, %[mask], r6, lsl #8\n"
        "    and     r12, %[mask], r8, lsl #8\n"
        "    stm     %[to]!, {r9-r12}\n"
        "    and     r4, r4, %[mask]\n"
        "    and     r5, r5, %[mask]\n"
        "    and     r6, r6, %[mask]\n"
        "    and     r8, r8, %[mask]\n"
        "    stm     %[to]!, {r4-r6, r8}\n"
        "    bne     1b\n"
        "    ldm     %[from]!, {r4-r6, r8}\n"
        "    sub     %[to], %[to], %[back], lsl #2\n"
        "    stm     %[to]!, {r4-r6, r8}\n"
        : [from] "+l"(at->from), [to] "+l"(at->to), [fours] "+l"(fours)
        : [mask] "r"(MASK), [back] "r"(back)
        : "r4", "r5", "r6", "r8", "r9", "r10", "r11", "r12", "cc", "memory");
#else
    memcpy(at->to, at->from, 4 * sizeof *at->to);
    at->from += 4, at->to += 4;
    for (; fours > 0; fours--, at->to += 4) {
        for (int32_t column = 0; column < 4; column++) {
            const uint32_t bytes = *at->from++;
            at->to[4] = bytes & MASK;
            *at->to++ = (bytes << 8) & MASK;
        }
    }
    at->to -= back;
    memcpy(at->to, at->from, 4 * sizeof *at->to);
    at->from += 4, at->to += 4;
#endif
}

/* The records of sk_tiles.h from narrow ones. */
static const int32_t *widen(const sk_fast_pw_t *shape, void *scratch)
{
    const uint32_t pairs = (shape->in_channels + 1u) / 2, fours = (pairs + 1) / 2, back = pairs & 1 ? 4 : 0;
    widening_t at = {(const uint32_t *)shape->tiles, scratch};

    for (int32_t columns = shape->out_channels; columns > 0; columns -= 4) {
        widen_record(&at, fours, back);
    }
    return scratch;
}

void sk_fast_narrow_pw(const sk_fast_pw_t *shape, const int8_t *in, int8_t *out, void *scratch)
{
    sk_fast_pw_on(shape, widen(shape, scratch), in, out);
}

void sk_fast_narrow_gated_pw(const sk_fast_gated_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out,
                             void *scratch)
{
    sk_fast_gated_pw_on(shape, NULL, widen(&shape->convolution, scratch), in, gates, out);
}

void sk_fast_narrow_excite_pw(const sk_fast_excite_pw_t *shape, const int8_t *in, const int8_t *gates, int8_t *out,
                              void *scratch)
{
    const int32_t *tiles = widen(&shape->gated.convolution, scratch);
    sk_fast_gated_pw_on(&shape->gated, &shape->scale, tiles, in, gates, out);
}
