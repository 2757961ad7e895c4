/* Any bytes on the wire are cut into the same frames as another decoder cuts them, and what is sent can be read back. */
#include "oracle.h"

#include <string.h>

#include "sk_board.h"
#include "sk_frame.h"
#include "sk_protocol.h"

enum { SENT_MAX = 2 * SK_FRAME_MAX };

static uint8_t sent[SENT_MAX];
static size_t sent_count;

void sk_board_send(const uint8_t *bytes, uint32_t count)
{
    CHECK(sent_count + count <= SENT_MAX);
    memcpy(sent + sent_count, bytes, count);
    sent_count += count;
}

static void judge(const uint8_t *piece, size_t count, sk_frame_state_t state, const sk_frame_decoder_t *decoder)
{
    static uint8_t body[1 << 16];
    size_t length = 0;
    if (count == 0) {
        CHECK(state == SK_FRAME_INCOMPLETE);
        return;
    }
    bool whole = oracle_decode(piece, count, body, &length) && length >= SK_HEADER_BYTES + SK_CRC_BYTES &&
                 length <= SK_FRAME_MAX;
    if (whole) {
        const uint8_t *crc = body + length - SK_CRC_BYTES;
        uint32_t told = crc[0] | (uint32_t)crc[1] << 8 | (uint32_t)crc[2] << 16 | (uint32_t)crc[3] << 24;
        whole = told == oracle_crc(body, length - SK_CRC_BYTES);
    }
    CHECK(state == (whole ? SK_FRAME_COMPLETE : SK_FRAME_BROKEN));
    if (whole) {
        CHECK(decoder->length == length - SK_CRC_BYTES);
        CHECK(memcmp(decoder->bytes, body, length - SK_CRC_BYTES) == 0);
    }
}

static void read_stream(const uint8_t *data, size_t size)
{
    static sk_frame_decoder_t decoder;
    sk_frame_reset(&decoder);
    size_t start = 0;
    for (size_t i = 0; i < size; i++) {
        sk_frame_state_t state = sk_frame_decode(&decoder, data[i]);
        if (data[i] == 0) {
            judge(data + start, i - start, state, &decoder);
            start = i + 1;
        } else {
            CHECK(state == SK_FRAME_INCOMPLETE);
        }
    }
}

static void send_and_read_back(const uint8_t *data, size_t size)
{
    static uint8_t frame[SK_FRAME_MAX], body[SENT_MAX];
    size_t length = size < SK_FRAME_MAX - SK_CRC_BYTES ? size : SK_FRAME_MAX - SK_CRC_BYTES;
    memcpy(frame, data, length);
    sent_count = 0;
    sk_frame_send(frame, (uint16_t)length);
    CHECK(sent_count >= 2 && sent[sent_count - 1] == 0);
    CHECK(memchr(sent, 0, sent_count - 1) == NULL);
    size_t found = 0;
    CHECK(oracle_decode(sent, sent_count - 1, body, &found));
    CHECK(found == length + SK_CRC_BYTES && memcmp(body, data, length) == 0);
    uint8_t again[SENT_MAX];
    CHECK(oracle_encode(body, found, again) == sent_count && memcmp(again, sent, sent_count) == 0);
    if (length >= SK_HEADER_BYTES) {
        read_stream(sent, sent_count);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size <= 1 << 15) {
        read_stream(data, size);
        send_and_read_back(data, size);
    }
    return 0;
}
