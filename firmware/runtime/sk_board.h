/* What each board gives to the board-independent runtime. */
#ifndef SK_BOARD_H
#define SK_BOARD_H

#include <stdbool.h>
#include <stdint.h>

/* window: memory that the host writes by another way than the serial line; 0 bytes of it on a board that has none. */
typedef struct {
    const char *name;
    const char *counter; /* what sk_counter_end counts: "dwt", "instructions" or "none" */
    const volatile int8_t *window;
    uint32_t window_bytes;
} sk_board_t;

extern const sk_board_t sk_board;

void sk_board_init(void);

/* The CPU clock, measured where the board can; 0: not known. */
uint32_t sk_board_clock_hz(void);

/* Sends all bytes before it returns. */
void sk_board_send(const uint8_t *bytes, uint32_t count);

/* Waits for one byte. */
uint8_t sk_board_receive(void);

/* Starts the firmware anew. Does not return on a board; the host build's returns with the server initialised. */
void sk_board_reset(void);

/* Tells a power analyser that an inference runs, or has ended. */
void sk_board_mark(bool inferring);

/* Around one step. What passed between the two, in the unit of sk_board.counter. */
void sk_counter_begin(void);
uint32_t sk_counter_end(void);

#endif
