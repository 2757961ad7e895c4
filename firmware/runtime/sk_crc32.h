/* CRC-32 of IEEE 802.3, reflected, as zlib computes it. */
#ifndef SK_CRC32_H
#define SK_CRC32_H

#include <stdint.h>

/* crc: 0 to start with, or the result for the bytes before these. */
uint32_t sk_crc32(uint32_t crc, const void *bytes, uint32_t count);

#endif
