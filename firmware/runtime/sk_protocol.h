/*
 * The serial protocol. A frame is COBS-encoded and ended by 0x00. Decoded it is
 *
 *   u8 version, u8 type, u16 sequence, payload (at most SK_PAYLOAD_MAX bytes), u32 CRC-32 of all before it
 *
 * little-endian throughout. The version stands first and the CRC last in every version there will be. A reply carries
 * its request's sequence number and type | SK_REPLY, or SK_ERROR, or SK_FAULT. Empty frames are ignored.
 * Text in a payload is u8 length and that many bytes, cut to SK_TEXT_MAX. At each
 * handler in sk_server.c stands what its payloads hold.
 */
#ifndef SK_PROTOCOL_H
#define SK_PROTOCOL_H

#define SK_PROTOCOL_VERSION 1u

enum {
    SK_HEADER_BYTES = 4,
    SK_CRC_BYTES = 4,
    SK_PAYLOAD_MAX = 512,
    SK_FRAME_MAX = SK_HEADER_BYTES + SK_PAYLOAD_MAX + SK_CRC_BYTES,
    SK_TEXT_MAX = 96,
    SK_STEP_ALL = 0xFFFF,
    SK_SEQUENCE_NONE = 0 /* of an answer to a frame that could not be read */
};

enum {
    SK_HELLO = 0x01,
    SK_LAYERS = 0x02,
    SK_WRITE_INPUT = 0x03,
    SK_RUN = 0x04,
    SK_STEPS = 0x05,
    SK_READ = 0x06,
    SK_MEMORY = 0x07,
    SK_RESET = 0x08,
    SK_STAGE_BEGIN = 0x09, /* these four in images with a stager (sk_stage_server.c) */
    SK_STAGE_SAMPLES = 0x0A,
    SK_STAGE_EPOCH = 0x0B,
    SK_STAGE_WAVE = 0x0C,
    SK_REPLY = 0x80,
    SK_ERROR = 0xFE,
    SK_FAULT = 0xFF
};

enum { SK_READ_OUTPUT = 0, SK_READ_ACTIVATION = 1 };

enum {
    SK_RUN_WITHOUT_CRC = 1,
    SK_RUN_FROM_WINDOW = 2 /* the input lies in the board's window (sk_board.h) */
};

enum {
    SK_ERROR_BAD_FRAME = 1,      /* COBS, CRC or length of a frame: send it again */
    SK_ERROR_BAD_VERSION = 2,    /* detail: the version spoken here */
    SK_ERROR_UNKNOWN_REQUEST = 3,
    SK_ERROR_BAD_LENGTH = 4,     /* detail: the payload's length as it arrived */
    SK_ERROR_OUT_OF_RANGE = 5,
    SK_ERROR_NOT_OBSERVABLE = 6, /* the step leaves no activation */
    SK_ERROR_INPUT_MISMATCH = 7, /* the input buffer is not what the request's CRC says */
    SK_ERROR_STALE = 8,          /* an older request than the last one answered, or none was answered since the start */
    SK_ERROR_TOO_MANY_STEPS = 9  /* the image was built for fewer steps than the model has; detail: how many */
};

enum {
    SK_FAULT_CPU = 0,
    SK_FAULT_STACK_OVERFLOW = 1,
    SK_FAULT_WATCHDOG = 2,
    SK_FAULT_BEFORE_ARENA = 3, /* a step wrote there; pc: the step's function (debug builds) */
    SK_FAULT_BEHIND_ARENA = 4
};

#endif
