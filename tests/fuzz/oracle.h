/* What the fuzz targets judge the firmware by: frames written and read by other code than the firmware's. */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define CHECK(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition)) {                                                                                            \
            fprintf(stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition);                              \
            abort();                                                                                                   \
        }                                                                                                              \
    } while (0)

/* Bit by bit, where the firmware takes a table. */
static inline uint32_t oracle_crc(const uint8_t *bytes, size_t count)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++) {
        crc ^= bytes[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = (crc >> 1) ^ ((crc & 1u) != 0 ? 0xEDB88320u : 0u);
        }
    }
    return ~crc;
}

/* COBS of a whole piece without its delimiter; returns false where it is none. to: as large as from. */
static inline bool oracle_decode(const uint8_t *from, size_t count, uint8_t *to, size_t *length)
{
    size_t at = 0, out = 0;
    while (at < count) {
        size_t code = from[at++];
        if (code == 0 || at + code - 1 > count) {
            return false;
        }
        for (size_t i = 1; i < code; i++) {
            to[out++] = from[at++];
        }
        if (code != 0xFF && at < count) {
            to[out++] = 0;
        }
    }
    *length = out;
    return true;
}

/* COBS with the delimiter; returns its length. to: count + count / 254 + 2 bytes. */
static inline size_t oracle_encode(const uint8_t *from, size_t count, uint8_t *to)
{
    size_t code_at = 0, out = 1;
    for (size_t i = 0; i < count; i++) {
        if (from[i] != 0) {
            to[out++] = from[i];
        }
        bool full = out - code_at == 0xFF;
        if (from[i] == 0 || (full && i + 1 < count)) {
            to[code_at] = (uint8_t)(out - code_at);
            code_at = out++;
        }
    }
    to[code_at] = (uint8_t)(out - code_at);
    to[out++] = 0;
    return out;
}

#endif
