/*
 * Marks the window that the virtual board's cycle model counts: the instructions between SK_MARK_BEGIN() and
 * SK_MARK_END(), neither included. DBG is a hint without effect on any Cortex-M4; elsewhere a marker is nothing.
 */
#ifndef SK_MARKER_H
#define SK_MARKER_H

#if defined(__ARM_ARCH_7EM__) || defined(__ARM_ARCH_7M__)
#define SK_MARK_BEGIN() __asm__ volatile("dbg #1" ::: "memory")
#define SK_MARK_END() __asm__ volatile("dbg #2" ::: "memory")
#else
#define SK_MARK_BEGIN() ((void)0)
#define SK_MARK_END() ((void)0)
#endif

#endif
