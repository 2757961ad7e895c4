#include "sk_stack.h"

#define PAINT 0x5AC3D2E1u

void sk_stack_paint(void)
{
    /* The address of a local is at or above the lowest word in use: all below it is free. */
    volatile uint32_t here = 0;
    uint32_t *below = (uint32_t *)((uintptr_t)&here & ~(uintptr_t)3) - 16;
    for (uint32_t *word = sk_stack_limit; word < below; word++) {
        *(volatile uint32_t *)word = PAINT;
    }
}

uint32_t sk_stack_size_bytes(void)
{
    return (uint32_t)((uintptr_t)sk_stack_top - (uintptr_t)sk_stack_limit);
}

uint32_t sk_stack_used_bytes(void)
{
    const volatile uint32_t *word = sk_stack_limit;
    while (word < sk_stack_top && *word == PAINT) {
        word++;
    }
    return (uint32_t)((uintptr_t)sk_stack_top - (uintptr_t)word);
}
