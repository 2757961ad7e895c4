#include "sk_frame.h"

#include "sk_board.h"
#include "sk_bytes.h"
#include "sk_crc32.h"

enum { COBS_FULL_BLOCK = 0xFF };

void sk_frame_reset(sk_frame_decoder_t *decoder)
{
    decoder->length = 0;
    decoder->code = 0;
    decoder->remaining = 0;
    decoder->overrun = false;
}

static void append(sk_frame_decoder_t *decoder, uint8_t byte)
{
    if (decoder->length == SK_FRAME_MAX) {
        decoder->overrun = true;
        return;
    }
    decoder->bytes[decoder->length++] = byte;
}

static sk_frame_state_t finish(sk_frame_decoder_t *decoder)
{
    if (decoder->code == 0) {
        return SK_FRAME_INCOMPLETE; /* empty: two delimiters in a row */
    }
    uint16_t length = decoder->length;
    bool whole = decoder->remaining == 0 && !decoder->overrun && length >= SK_HEADER_BYTES + SK_CRC_BYTES;
    sk_frame_reset(decoder);
    if (!whole) {
        return SK_FRAME_BROKEN;
    }
    uint16_t body = (uint16_t)(length - SK_CRC_BYTES);
    if (sk_crc32(0, decoder->bytes, body) != sk_get_u32(decoder->bytes + body)) {
        return SK_FRAME_BROKEN;
    }
    decoder->length = body;
    return SK_FRAME_COMPLETE;
}

sk_frame_state_t sk_frame_decode(sk_frame_decoder_t *decoder, uint8_t byte)
{
    if (decoder->code == 0) {
        decoder->length = 0; /* a complete frame handed out before is over */
    }
    if (byte == 0) {
        return finish(decoder);
    }
    if (decoder->remaining != 0) {
        append(decoder, byte);
        decoder->remaining--;
        return SK_FRAME_INCOMPLETE;
    }
    if (decoder->code != 0 && decoder->code != COBS_FULL_BLOCK) {
        append(decoder, 0);
    }
    decoder->code = byte;
    decoder->remaining = (uint8_t)(byte - 1);
    return SK_FRAME_INCOMPLETE;
}

void sk_frame_send(uint8_t *frame, uint16_t length)
{
    static const uint8_t delimiter = 0;
    sk_put_u32(frame + length, sk_crc32(0, frame, length));
    uint16_t end = (uint16_t)(length + SK_CRC_BYTES);
    uint16_t start = 0;
    bool more = true;
    while (more) {
        uint16_t run = 0;
        while (start + run < end && run < COBS_FULL_BLOCK - 1 && frame[start + run] != 0) {
            run++;
        }
        uint8_t code = (uint8_t)(run + 1);
        sk_board_send(&code, 1);
        sk_board_send(frame + start, run);
        start = (uint16_t)(start + run);
        /* A block that is not full stands for a zero behind it; after a zero at the very end comes an empty block. */
        more = start < end;
        if (more && code != COBS_FULL_BLOCK) {
            start++;
        }
    }
    sk_board_send(&delimiter, 1);
}
