/*
 * The Armv7E-M DSP instructions the fast kernels are written in: the instruction itself where the target has it,
 * elsewhere the same function in portable C. So the very same kernels run on the host under ASan and UBSan.
 * A "pair" is two int16 in a word, low half first.
 */
#ifndef SK_SIMD_H
#define SK_SIMD_H

#include <stdint.h>
#include <string.h>

/*
 * SK_ASSEMBLY(prototype) { __asm__(...); }: a function whose whole body is assembly after the procedure call standard.
 * The compiler must learn nothing from such a body (noipa), above all not which registers it leaves alone. Aligned,
 * because the assembler resolves ADR as if the section were: gcc -Og places functions at any halfword. Only with an FPU,
 * whose registers some of it uses: all of it or none, since these functions call one another by conventions of their own.
 */
#if defined(__thumb2__) && defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP && defined(__ARM_FP)
#define SK_HAS_DSP_ASSEMBLY 1
#if defined(__clang__)
#define SK_OPAQUE __attribute__((naked, noinline, aligned(4)))
#else
#define SK_OPAQUE __attribute__((naked, noipa, aligned(4)))
#endif
#define SK_ASSEMBLY(prototype) \
    _Pragma("GCC diagnostic push") _Pragma("GCC diagnostic ignored \"-Wunused-parameter\"") \
    static SK_OPAQUE prototype
#define SK_ASSEMBLY_END _Pragma("GCC diagnostic pop")

/* An error where the code from a label to here is not of this size: where its middle is entered, that is computed. */
#if defined(__clang__) /* whose .if takes no size of code, but whose .space and .org go forward only */
#define SK_ASSEMBLY_SIZE(label, bytes) ".space (. - " label ") - (" bytes ")\n.org " label " + (" bytes ")\n"
#else
#define SK_ASSEMBLY_SIZE(label, bytes) \
    ".if (. - " label ") != (" bytes ")\n" \
    ".error \"the code from which an entry is computed has another size\"\n" \
    ".endif\n"
#endif
#else
#define SK_HAS_DSP_ASSEMBLY 0
#endif

/* Words at any alignment (the M4 does LDR and STR unaligned); bytes in little-endian order. */
static inline uint32_t sk_load_word(const void *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

static inline void sk_store_word(void *to, uint32_t word)
{
    memcpy(to, &word, sizeof word);
}

static inline int32_t sk_low(uint32_t pair)
{
    return (int16_t)(pair & 0xFFFFu);
}

static inline int32_t sk_high(uint32_t pair)
{
    return (int16_t)(pair >> 16);
}

/* low half of `low`, low half of `high` */
static inline uint32_t sk_pair(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | ((uint32_t)high << 16); /* PKHBT */
}

#if defined(__ARM_FEATURE_DSP) && __ARM_FEATURE_DSP

#include <arm_acle.h>

/* accumulator + low * low + high * high */
static inline int32_t sk_smlad(uint32_t x, uint32_t y, int32_t accumulator)
{
    return __smlad((int16x2_t)x, (int16x2_t)y, accumulator);
}

static inline int32_t sk_smlabb(uint32_t x, uint32_t y, int32_t accumulator)
{
    return __smlabb((int32_t)x, (int32_t)y, accumulator);
}

static inline int32_t sk_smlabt(uint32_t x, uint32_t y, int32_t accumulator)
{
    return __smlabt((int32_t)x, (int32_t)y, accumulator);
}

static inline int32_t sk_smlatb(uint32_t x, uint32_t y, int32_t accumulator)
{
    return __smlatb((int32_t)x, (int32_t)y, accumulator);
}

/* bytes 0 and 2, sign extended */
static inline uint32_t sk_sxtb16(uint32_t bytes)
{
    return (uint32_t)__sxtb16((int8x4_t)bytes);
}

/* bytes 1 and 3, sign extended */
static inline uint32_t sk_sxtb16_odd(uint32_t bytes)
{
    uint32_t pair;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(pair) : "r"(bytes));
    return pair;
}

/* pair + (bytes 0 and 2), half by half, wrapping */
static inline uint32_t sk_sxtab16(uint32_t pair, uint32_t bytes)
{
    return (uint32_t)__sxtab16((int16x2_t)pair, (int8x4_t)bytes);
}

static inline uint32_t sk_sxtab16_odd(uint32_t pair, uint32_t bytes)
{
    uint32_t sum;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(sum) : "r"(pair), "r"(bytes));
    return sum;
}

/* each half clamped to int8 */
static inline uint32_t sk_ssat16_8(uint32_t pair)
{
    return (uint32_t)__ssat16((int16x2_t)pair, 8);
}

/* clamp(value, -128, 127) */
static inline int32_t sk_ssat8(int32_t value)
{
    return __ssat(value, 8);
}

/* the product's high word */
static inline int32_t sk_smmul(int32_t x, int32_t y)
{
    int32_t high;
    __asm__("smmul %0, %1, %2" : "=r"(high) : "r"(x), "r"(y));
    return high;
}

/* the product's high word, rounded: floor((x * y + 2^31) / 2^32) */
static inline int32_t sk_smmulr(int32_t x, int32_t y)
{
    int32_t high;
    __asm__("smmulr %0, %1, %2" : "=r"(high) : "r"(x), "r"(y));
    return high;
}

/* accumulator + (x * low half of y) / 2^16, rounded down; the same of the high half */
static inline int32_t sk_smlawb(int32_t x, uint32_t y, int32_t accumulator)
{
    return __smlawb(x, (int32_t)y, accumulator);
}

static inline int32_t sk_smlawt(int32_t x, uint32_t y, int32_t accumulator)
{
    return __smlawt(x, (int32_t)y, accumulator);
}

#else

static inline uint32_t sk_wrap(int64_t value)
{
    return (uint32_t)((uint64_t)value & 0xFFFFFFFFu);
}

static inline int32_t sk_smlad(uint32_t x, uint32_t y, int32_t accumulator)
{
    return (int32_t)sk_wrap((int64_t)accumulator + sk_low(x) * sk_low(y) + (int64_t)(sk_high(x) * sk_high(y)));
}

static inline int32_t sk_smlabb(uint32_t x, uint32_t y, int32_t accumulator)
{
    return (int32_t)sk_wrap((int64_t)accumulator + sk_low(x) * sk_low(y));
}

static inline int32_t sk_smlabt(uint32_t x, uint32_t y, int32_t accumulator)
{
    return (int32_t)sk_wrap((int64_t)accumulator + sk_low(x) * sk_high(y));
}

static inline int32_t sk_smlatb(uint32_t x, uint32_t y, int32_t accumulator)
{
    return (int32_t)sk_wrap((int64_t)accumulator + sk_high(x) * sk_low(y));
}

static inline uint32_t sk_sxtb16(uint32_t bytes)
{
    return sk_pair((int8_t)(bytes & 0xFFu), (int8_t)((bytes >> 16) & 0xFFu));
}

static inline uint32_t sk_sxtb16_odd(uint32_t bytes)
{
    return sk_sxtb16(bytes >> 8);
}

static inline uint32_t sk_sxtab16(uint32_t pair, uint32_t bytes)
{
    const uint32_t addend = sk_sxtb16(bytes);
    return sk_pair(sk_low(pair) + sk_low(addend), sk_high(pair) + sk_high(addend));
}

static inline uint32_t sk_sxtab16_odd(uint32_t pair, uint32_t bytes)
{
    return sk_sxtab16(pair, bytes >> 8);
}

static inline int32_t sk_ssat8(int32_t value)
{
    return value < -128 ? -128 : value > 127 ? 127 : value;
}

static inline uint32_t sk_ssat16_8(uint32_t pair)
{
    return sk_pair(sk_ssat8(sk_low(pair)), sk_ssat8(sk_high(pair)));
}

static inline int32_t sk_smmul(int32_t x, int32_t y)
{
    return (int32_t)(((int64_t)x * y) >> 32);
}

static inline int32_t sk_smmulr(int32_t x, int32_t y)
{
    return (int32_t)(((int64_t)x * y + ((int64_t)1 << 31)) >> 32);
}

static inline int32_t sk_smlawb(int32_t x, uint32_t y, int32_t accumulator)
{
    return (int32_t)sk_wrap(accumulator + (((int64_t)x * sk_low(y)) >> 16));
}

static inline int32_t sk_smlawt(int32_t x, uint32_t y, int32_t accumulator)
{
    return (int32_t)sk_wrap(accumulator + (((int64_t)x * sk_high(y)) >> 16));
}

#endif

/* the top halves of `low` and `high`: PKHTB high, low, ASR #16 */
static inline uint32_t sk_pair_of_tops(uint32_t low, uint32_t high)
{
    return (low >> 16) | (high & 0xFFFF0000u);
}

#endif
