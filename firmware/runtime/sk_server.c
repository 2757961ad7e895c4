/* One conversation: over 400 lines, since every answer shares the one reply and the state of the line. */
#include "sk_server.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "sk_board.h"
#include "sk_bytes.h"
#include "sk_crc32.h"
#include "sk_frame.h"
#include "sk_model.h"
#include "sk_protocol.h"
#include "sk_runner.h"
#include "sk_stack.h"
#ifdef SK_STAGER
#include "sk_stage_server.h"
#endif

/* The last answer is kept whole, so that a request that comes again is answered again without running again. */
typedef struct {
    uint8_t frame[SK_FRAME_MAX];
    uint16_t length; /* header and payload; 0: nothing answered yet */
} reply_t;

typedef struct {
    uint8_t type;
    uint16_t sequence;
    const uint8_t *payload;
    uint16_t length;
} request_t;

static sk_frame_decoder_t decoder;
static reply_t reply;
static bool answered;          /* a request has been answered since the start: the conversation is open */
static uint16_t last_sequence; /* of it */
static uint32_t last_crc;      /* of it, header and payload */
static uint32_t run_token;     /* names the run whose results stand in memory; 0: none */
static uint16_t steps_run;
static const sk_fault_t *fault;

/* ---- writing a reply ---- */

static void reply_open(uint8_t type, uint16_t sequence)
{
    reply.frame[0] = SK_PROTOCOL_VERSION;
    reply.frame[1] = type;
    sk_put_u16(reply.frame + 2, sequence);
    reply.length = SK_HEADER_BYTES;
}

static uint32_t reply_room(void)
{
    return (uint32_t)(SK_HEADER_BYTES + SK_PAYLOAD_MAX) - reply.length;
}

static void reply_bytes(const void *bytes, uint32_t count)
{
    if (count != 0) {
        memcpy(reply.frame + reply.length, bytes, count);
    }
    reply.length = (uint16_t)(reply.length + count);
}

static void reply_u16(uint16_t value)
{
    uint8_t bytes[2];
    sk_put_u16(bytes, value);
    reply_bytes(bytes, sizeof bytes);
}

static void reply_u32(uint32_t value)
{
    uint8_t bytes[4];
    sk_put_u32(bytes, value);
    reply_bytes(bytes, sizeof bytes);
}

static uint8_t text_length(const char *text)
{
    uint8_t length = 0;
    while (length < SK_TEXT_MAX && text[length] != '\0') {
        length++;
    }
    return length;
}

static void reply_text(const char *text)
{
    uint8_t length = text_length(text);
    reply_bytes(&length, 1);
    reply_bytes(text, length);
}

static void reply_error(const request_t *request, uint8_t code, uint32_t detail)
{
    reply_open(SK_ERROR, request->sequence);
    reply_bytes(&code, 1);
    reply_bytes(&request->type, 1);
    reply_u32(detail);
}

/* An error about the line, not about a request: leaves the kept answer as it is. */
static void send_line_error(uint8_t type, uint16_t sequence, uint8_t code, uint32_t detail)
{
    uint8_t frame[SK_HEADER_BYTES + 6 + SK_CRC_BYTES] = {SK_PROTOCOL_VERSION, SK_ERROR};
    sk_put_u16(frame + 2, sequence);
    frame[4] = code;
    frame[5] = type;
    sk_put_u32(frame + 6, detail);
    sk_frame_send(frame, SK_HEADER_BYTES + 6);
}

static void reply_fault(uint16_t sequence)
{
    const uint32_t registers[] = {
        fault->r0,  fault->r1,  fault->r2,   fault->r3,    fault->r12,  fault->lr, fault->pc,
        fault->psr, fault->cfsr, fault->hfsr, fault->mmfar, fault->bfar, fault->sp,
    };
    reply_open(SK_FAULT, sequence);
    reply_u32(fault->reason);
    reply_u16(sk_step_running);
    for (size_t i = 0; i < sizeof registers / sizeof registers[0]; i++) {
        reply_u32(registers[i]);
    }
}

/* ---- answering requests ---- */

/* Where [offset, offset + count) lies within `size`. */
static bool within(uint32_t offset, uint32_t count, uint32_t size)
{
    return offset <= size && count <= size - offset;
}

static void on_hello(const request_t *request)
{
    (void)request;
    reply_u16(SK_PROTOCOL_VERSION);
    reply_u16(SK_PAYLOAD_MAX);
    reply_u32(sk_board_clock_hz());
    reply_bytes(sk_model.sha256, sizeof sk_model.sha256);
    reply_u16(sk_model.layer_count);
    reply_u16(sk_model.step_count);
    reply_u32(sk_model.input_bytes);
    reply_u32(sk_model.output_bytes);
    reply_u32(sk_model.arena_bytes);
    reply_text(sk_board.name);
    reply_text(sk_board.counter);
    reply_text(sk_model.name);
    reply_text(sk_model.contract);
}

/* u16 first layer -> u16 first, then as many whole layers as fit */
static void on_layers(const request_t *request)
{
    uint16_t first = sk_get_u16(request->payload);
    if (first > sk_model.layer_count) {
        reply_error(request, SK_ERROR_OUT_OF_RANGE, sk_model.layer_count);
        return;
    }
    reply_u16(first);
    for (uint16_t index = first; index < sk_model.layer_count; index++) {
        const sk_layer_t *layer = &sk_model.layers[index];
        uint32_t fixed = 2 + 2 + 4 + 4 + 3; /* the numbers below and three text lengths */
        uint32_t texts = (uint32_t)text_length(layer->name) + text_length(layer->block) + text_length(layer->op);
        if (fixed + texts > reply_room()) {
            return;
        }
        reply_u16(index);
        reply_u16(layer->step);
        reply_u32(layer->macs);
        reply_u32(layer->output != NULL ? layer->output_bytes : 0);
        reply_text(layer->name);
        reply_text(layer->block);
        reply_text(layer->op);
    }
}

/* u32 offset, bytes -> nothing */
static void on_write_input(const request_t *request)
{
    uint32_t offset = sk_get_u32(request->payload);
    uint32_t count = (uint32_t)request->length - 4;
    if (!within(offset, count, sk_model.input_bytes)) {
        reply_error(request, SK_ERROR_OUT_OF_RANGE, sk_model.input_bytes);
        return;
    }
    memcpy(sk_model.input + offset, request->payload + 4, count);
}

/* Memory is no longer what the program takes it for: from here on it is a crash like any other. */
static void arena_fault(const request_t *request, sk_canary_t canary)
{
    static sk_fault_t record;
    record = (sk_fault_t){
        .pc = (uint32_t)(uintptr_t)sk_model.steps[sk_step_running].run,
        .reason = canary == SK_CANARY_BEFORE ? SK_FAULT_BEFORE_ARENA : SK_FAULT_BEHIND_ARENA,
    };
    fault = &record;
    reply_fault(request->sequence);
}

/* On a board without a window the input stays as it is, and the run's CRC-32 tells. */
static void copy_from_window(void)
{
    if (sk_model.input_bytes <= sk_board.window_bytes) {
        for (uint32_t i = 0; i < sk_model.input_bytes; i++) {
            sk_model.input[i] = sk_board.window[i];
        }
    }
}

/*
 * u32 token, u16 steps (SK_STEP_ALL: all), u16 flags, u32 CRC-32 of the input -> u32 token, u16 steps, u32 CRC-32 of the
 * output. The input's CRC makes a run on anything but the host's frame impossible; the token does so for results.
 */
static void on_run(const request_t *request)
{
    uint32_t token = sk_get_u32(request->payload);
    uint16_t steps = sk_get_u16(request->payload + 4);
    uint16_t flags = sk_get_u16(request->payload + 6);
    uint32_t input_crc = sk_get_u32(request->payload + 8);
    if (steps == SK_STEP_ALL) {
        steps = sk_model.step_count;
    }
    if (steps == 0 || steps > sk_model.step_count || token == 0) {
        reply_error(request, SK_ERROR_OUT_OF_RANGE, sk_model.step_count);
        return;
    }
    if (steps > SK_MAX_STEPS) {
        reply_error(request, SK_ERROR_TOO_MANY_STEPS, SK_MAX_STEPS);
        return;
    }
    if ((flags & SK_RUN_FROM_WINDOW) != 0) {
        copy_from_window();
    }
    uint32_t found = sk_crc32(0, sk_model.input, sk_model.input_bytes);
    if (found != input_crc) {
        reply_error(request, SK_ERROR_INPUT_MISMATCH, found);
        return;
    }
    run_token = 0;
    sk_canary_t canary = sk_run_steps(&sk_model, steps, (flags & SK_RUN_WITHOUT_CRC) == 0);
    if (canary != SK_CANARY_WHOLE) {
        arena_fault(request, canary);
        return;
    }
    run_token = token;
    steps_run = steps;
    reply_u32(token);
    reply_u16(steps);
    reply_u32(sk_crc32(0, sk_model.output, sk_model.output_bytes));
}

/* u16 first step -> u32 token, u16 first, then {u32 counter, u32 crc} of as many steps as fit */
static void on_steps(const request_t *request)
{
    uint16_t first = sk_get_u16(request->payload);
    uint16_t count = run_token != 0 ? steps_run : 0;
    if (first > count) {
        reply_error(request, SK_ERROR_OUT_OF_RANGE, count);
        return;
    }
    reply_u32(run_token);
    reply_u16(first);
    for (uint16_t step = first; step < count && reply_room() >= 8; step++) {
        reply_u32(sk_step_results[step].counter);
        reply_u32(sk_step_results[step].crc);
    }
}

/* u8 what (output, or activation after the last step run), u32 offset, u16 count -> u32 token, u32 offset, bytes */
static void on_read(const request_t *request)
{
    uint8_t what = request->payload[0];
    uint32_t offset = sk_get_u32(request->payload + 1);
    uint16_t count = sk_get_u16(request->payload + 5);
    const int8_t *from = sk_model.output;
    uint32_t size = sk_model.output_bytes;
    if (what == SK_READ_ACTIVATION) {
        const sk_layer_t *layer = run_token != 0 ? sk_observable_after(&sk_model, (uint16_t)(steps_run - 1)) : NULL;
        if (layer == NULL) {
            reply_error(request, SK_ERROR_NOT_OBSERVABLE, 0);
            return;
        }
        from = layer->output;
        size = layer->output_bytes;
    }
    if (what > SK_READ_ACTIVATION || count > SK_PAYLOAD_MAX - 8 || !within(offset, count, size)) {
        reply_error(request, SK_ERROR_OUT_OF_RANGE, size);
        return;
    }
    reply_u32(run_token);
    reply_u32(offset);
    reply_bytes(from + offset, count);
}

static void on_memory(const request_t *request)
{
    (void)request;
    reply_u32(sk_stack_size_bytes());
    reply_u32(sk_stack_used_bytes());
    reply_u32(sk_model.arena_bytes);
}

static void on_reset(const request_t *request)
{
    (void)request; /* sk_server_feed resets once the answer is out */
}

typedef struct {
    void (*answer)(const request_t *request);
    uint16_t least; /* payload bytes */
    uint16_t most;
} handler_t;

static const handler_t handlers[] = {
    [SK_HELLO] = {on_hello, 0, 0},
    [SK_LAYERS] = {on_layers, 2, 2},
    [SK_WRITE_INPUT] = {on_write_input, 4, SK_PAYLOAD_MAX},
    [SK_RUN] = {on_run, 12, 12},
    [SK_STEPS] = {on_steps, 2, 2},
    [SK_READ] = {on_read, 7, 7},
    [SK_MEMORY] = {on_memory, 0, 0},
    [SK_RESET] = {on_reset, 0, 0},
};

#ifdef SK_STAGER
static void answer_of_stager(const request_t *request)
{
    reply_open((uint8_t)(request->type | SK_REPLY), request->sequence);
    int32_t length = sk_stage_answer(request->type, request->payload, request->length, reply.frame + SK_HEADER_BYTES);
    if (length < 0) {
        reply_error(request, (uint8_t)-length, request->length);
    } else {
        reply.length = (uint16_t)(SK_HEADER_BYTES + length);
    }
}
#endif

static void answer(const request_t *request)
{
    size_t known = sizeof handlers / sizeof handlers[0];
    if (fault != NULL && request->type != SK_RESET) {
        reply_fault(request->sequence);
#ifdef SK_STAGER
    } else if (sk_stage_knows(request->type)) {
        answer_of_stager(request);
#endif
    } else if (request->type >= known || handlers[request->type].answer == NULL) {
        reply_error(request, SK_ERROR_UNKNOWN_REQUEST, 0);
    } else if (request->length < handlers[request->type].least || request->length > handlers[request->type].most) {
        reply_error(request, SK_ERROR_BAD_LENGTH, request->length);
    } else {
        reply_open((uint8_t)(request->type | SK_REPLY), request->sequence);
        handlers[request->type].answer(request);
    }
}

/* sk_frame_send writes the CRC behind the frame and leaves the rest: the kept answer can be sent again. */
static void send_reply(void)
{
    sk_frame_send(reply.frame, reply.length);
}

static void on_frame(void)
{
    const uint8_t *frame = decoder.bytes;
    request_t request = {
        .type = frame[1],
        .sequence = sk_get_u16(frame + 2),
        .payload = frame + SK_HEADER_BYTES,
        .length = (uint16_t)(decoder.length - SK_HEADER_BYTES),
    };
    if (frame[0] != SK_PROTOCOL_VERSION) {
        send_line_error(request.type, request.sequence, SK_ERROR_BAD_VERSION, SK_PROTOCOL_VERSION);
        return;
    }
    uint32_t crc = sk_crc32(0, frame, decoder.length);
    if (answered && request.sequence == last_sequence && crc == last_crc) {
        send_reply();
        return;
    }
    /* HELLO opens a conversation at any number, and RESET must always get through. Else the numbers only rise, so
       that a request which the line held back, or sent twice, has no effect; and after a start nothing else is heard
       before a HELLO, so that the host notices every restart, and looks at what has started. */
    bool newer = answered && (int16_t)(uint16_t)(request.sequence - last_sequence) > 0;
    if (!newer && request.type != SK_HELLO && request.type != SK_RESET) {
        send_line_error(request.type, request.sequence, SK_ERROR_STALE, last_sequence);
        return;
    }
    answered = true;
    last_sequence = request.sequence;
    last_crc = crc;
    answer(&request);
    send_reply();
    if (request.type == SK_RESET && reply.frame[1] == (SK_RESET | SK_REPLY)) {
        sk_board_reset();
    }
}

void sk_server_feed(uint8_t byte)
{
    switch (sk_frame_decode(&decoder, byte)) {
    case SK_FRAME_COMPLETE:
        on_frame();
        break;
    case SK_FRAME_BROKEN:
        send_line_error(0, SK_SEQUENCE_NONE, SK_ERROR_BAD_FRAME, 0);
        break;
    default:
        break;
    }
}

static void send_text(const char *text)
{
    for (; *text != '\0'; text++) { /* the C library's strlen takes 220 bytes */
        sk_board_send((const uint8_t *)text, 1);
    }
}

void sk_server_start(void)
{
    static const uint8_t delimiter = 0;
    sk_frame_reset(&decoder);
    answered = false;
    run_token = 0;
    steps_run = 0;
    fault = NULL;
    sk_step_running = SK_STEP_ALL;
    send_text("sktools firmware: ");
    send_text(sk_model.name);
    send_text(" on ");
    send_text(sk_board.name);
    send_text("\r\n");
    sk_board_send(&delimiter, 1);
}

void sk_server_fault(const sk_fault_t *registers)
{
    static const uint8_t delimiter = 0;
    fault = registers;
    sk_frame_reset(&decoder);
    sk_board_send(&delimiter, 1); /* ends a frame that the fault cut short */
    reply_fault(last_sequence);
    send_reply();
}
