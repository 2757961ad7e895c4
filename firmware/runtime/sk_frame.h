/* Frames on the wire: COBS (Cheshire and Baker, "Consistent Overhead Byte Stuffing", 1999) ended by 0x00. */
#ifndef SK_FRAME_H
#define SK_FRAME_H

#include <stdbool.h>
#include <stdint.h>

#include "sk_protocol.h"

typedef struct {
    uint8_t bytes[SK_FRAME_MAX];
    uint16_t length;
    uint8_t code;      /* of the current COBS block; 0 before the first */
    uint8_t remaining; /* bytes the current COBS block still has */
    bool overrun;
} sk_frame_decoder_t;

typedef enum { SK_FRAME_INCOMPLETE, SK_FRAME_COMPLETE, SK_FRAME_BROKEN } sk_frame_state_t;

void sk_frame_reset(sk_frame_decoder_t *decoder);

/*
 * Takes one byte from the wire. COMPLETE: decoder->bytes holds header and payload, decoder->length bytes, their CRC
 * checked and cut off, until the next byte is given. BROKEN: a frame ended that was none.
 */
sk_frame_state_t sk_frame_decode(sk_frame_decoder_t *decoder, uint8_t byte);

/* Appends the CRC to frame[0..length), which must have room for it, and sends it encoded. */
void sk_frame_send(uint8_t *frame, uint16_t length);

#endif
