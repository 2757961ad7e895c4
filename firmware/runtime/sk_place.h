/*
 * Where the arena and the weights go, when the build asks for other memory than the linker's default; and how many bytes
 * stand before the arena and behind it that no kernel may change, which debug builds look at (sk_canary.h).
 */
#ifndef SK_PLACE_H
#define SK_PLACE_H

#ifdef SK_DEBUG
#define SK_ARENA_MARGIN 32
#else
#define SK_ARENA_MARGIN 0
#endif

#ifdef SK_ARENA_SECTION
#define SK_ARENA_PLACE __attribute__((section(SK_ARENA_SECTION)))
#else
#define SK_ARENA_PLACE
#endif

#ifdef SK_WEIGHTS_SECTION
#define SK_WEIGHTS_PLACE __attribute__((section(SK_WEIGHTS_SECTION)))
#else
#define SK_WEIGHTS_PLACE
#endif

#endif
