/*
 * The host "board": the same server and model as a shared library. The caller gives bytes to sk_host_feed, and what
 * the server sends goes to the function it registered.
 */
#include <stddef.h>

#include "sk_board.h"
#include "sk_server.h"
#include "sk_stack.h"

#define SK_HOST_EXPORT __attribute__((visibility("default")))

typedef void (*sk_host_sink_t)(const uint8_t *bytes, uint32_t count);

SK_HOST_EXPORT void sk_host_open(sk_host_sink_t receiver);
SK_HOST_EXPORT void sk_host_feed(const uint8_t *bytes, uint32_t count);

static sk_host_sink_t sink;

const sk_board_t sk_board = {.name = "host", .counter = "none"};

void sk_board_send(const uint8_t *bytes, uint32_t count)
{
    if (sink != NULL && count != 0) {
        sink(bytes, count);
    }
}

void sk_board_reset(void)
{
    sk_server_start();
}

uint32_t sk_board_clock_hz(void)
{
    return 0;
}

void sk_board_mark(bool inferring)
{
    (void)inferring;
}

void sk_counter_begin(void)
{
}

uint32_t sk_counter_end(void)
{
    return 0;
}

/* The host's stack is not ours to measure. */
uint32_t sk_stack_size_bytes(void)
{
    return 0;
}

uint32_t sk_stack_used_bytes(void)
{
    return 0;
}

void sk_host_open(sk_host_sink_t receiver)
{
    sink = receiver;
    sk_server_start();
}

void sk_host_feed(const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        sk_server_feed(bytes[i]);
    }
}
