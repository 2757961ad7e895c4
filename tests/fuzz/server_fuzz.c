/*
 * The whole serial server with a model behind it. The input is a list of records: a kind, a length and bytes that are
 *
 *   0 sent as they are      1 the type and payload of a request with the next number
 *   2 header and payload    3 like 1, the payload filled up with zeros to twice the length given
 *
 * The server must stay within its memory, answer each request once and with its number, and send nothing but frames.
 */
#include "oracle.h"

#include <string.h>

#include "sk_protocol.h"

typedef void (*sk_host_sink_t)(const uint8_t *bytes, uint32_t count);
void sk_host_open(sk_host_sink_t receiver);
void sk_host_feed(const uint8_t *bytes, uint32_t count);

enum { PIECE_MAX = 2 * SK_FRAME_MAX };

static uint8_t piece[PIECE_MAX]; /* what the server has sent since its last delimiter */
static size_t piece_count;
static unsigned replies, banners;
static uint16_t reply_sequence;
static uint8_t reply_type;

static void on_piece(void)
{
    static uint8_t body[PIECE_MAX];
    static const char banner[] = "sktools firmware: ";
    if (piece_count >= sizeof banner - 1 && memcmp(piece, banner, sizeof banner - 1) == 0) {
        banners++;
        return;
    }
    size_t length = 0;
    CHECK(oracle_decode(piece, piece_count, body, &length));
    CHECK(length >= SK_HEADER_BYTES + SK_CRC_BYTES && length <= SK_FRAME_MAX);
    const uint8_t *crc = body + length - SK_CRC_BYTES;
    CHECK((crc[0] | (uint32_t)crc[1] << 8 | (uint32_t)crc[2] << 16 | (uint32_t)crc[3] << 24) ==
          oracle_crc(body, length - SK_CRC_BYTES));
    CHECK(body[0] == SK_PROTOCOL_VERSION && (body[1] & SK_REPLY) != 0);
    CHECK(body[1] != SK_FAULT); /* nothing on the line can make it crash or leave its arena */
    reply_type = body[1];
    reply_sequence = (uint16_t)(body[2] | body[3] << 8);
    replies++;
}

static void sink(const uint8_t *bytes, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (bytes[i] == 0) {
            if (piece_count != 0) {
                on_piece();
            }
            piece_count = 0;
        } else {
            CHECK(piece_count < PIECE_MAX);
            piece[piece_count++] = bytes[i];
        }
    }
}

static void send_frame(const uint8_t *body, size_t length)
{
    static uint8_t frame[SK_FRAME_MAX], wire[PIECE_MAX];
    memcpy(frame, body, length);
    uint32_t crc = oracle_crc(frame, length);
    for (int i = 0; i < SK_CRC_BYTES; i++) {
        frame[length + i] = (uint8_t)(crc >> 8 * i);
    }
    wire[0] = 0; /* ends what raw bytes began */
    size_t count = 1 + oracle_encode(frame, length + SK_CRC_BYTES, wire + 1);
    sk_host_feed(wire, 1);
    unsigned before = replies;
    sk_host_feed(wire + 1, (uint32_t)count - 1);
    CHECK(replies == before + 1); /* an answer, a refusal, or the same answer again */
    CHECK(reply_sequence == (uint16_t)(frame[2] | frame[3] << 8));
    CHECK(reply_type == SK_ERROR || reply_type == (frame[1] | SK_REPLY));
}

static void send_request(const uint8_t *data, size_t count, size_t fill, uint16_t sequence)
{
    uint8_t body[SK_HEADER_BYTES + SK_PAYLOAD_MAX] = {SK_PROTOCOL_VERSION, count != 0 ? data[0] : 0,
                                                      (uint8_t)sequence, (uint8_t)(sequence >> 8)};
    if (count > 1) {
        memcpy(body + SK_HEADER_BYTES, data + 1, count - 1);
    }
    size_t payload = (count != 0 ? count - 1 : 0) + fill;
    send_frame(body, SK_HEADER_BYTES + (payload < SK_PAYLOAD_MAX ? payload : SK_PAYLOAD_MAX));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    replies = banners = 0;
    piece_count = 0;
    sk_host_open(sink);
    CHECK(banners == 1 && replies == 0);
    uint16_t sequence = 0;
    while (size >= 2) {
        unsigned kind = data[0] & 3u;
        size_t count = data[1] < size - 2 ? data[1] : size - 2;
        const uint8_t *bytes = data + 2;
        sequence++;
        switch (kind) {
        case 0:
            sk_host_feed(bytes, (uint32_t)count);
            break;
        case 2:
            if (count >= SK_HEADER_BYTES) {
                send_frame(bytes, count);
            }
            break;
        default:
            send_request(bytes, count, kind == 3 ? 2 * count : 0, sequence);
        }
        data += 2 + count;
        size -= 2 + count;
    }
    return 0;
}
