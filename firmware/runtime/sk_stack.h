/* How deep the stack has been: what lies below the stack pointer is painted at start and read back later. */
#ifndef SK_STACK_H
#define SK_STACK_H

#include <stdint.h>

/* Given by the linker script: the lowest address of the stack, and the address above its highest. */
extern uint32_t sk_stack_limit[];
extern uint32_t sk_stack_top[];

void sk_stack_paint(void);
uint32_t sk_stack_size_bytes(void);

/* Most bytes ever used. A frame that reserves memory without writing it leaves its paint and is not seen. */
uint32_t sk_stack_used_bytes(void);

#endif
