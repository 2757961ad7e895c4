/* The part of the serial server that feeds a stager (firmware/stager) and sends its answers. */
#ifndef SK_STAGE_SERVER_H
#define SK_STAGE_SERVER_H

#include <stdbool.h>
#include <stdint.h>

/* Whether a request's type is one of the stager's. */
bool sk_stage_knows(uint8_t type);

/*
 * Answers such a request into `reply`, which has room for SK_PAYLOAD_MAX bytes. Returns its length, or an error code
 * (SK_ERROR_...) as a negative number.
 */
int32_t sk_stage_answer(uint8_t type, const uint8_t *payload, uint16_t length, uint8_t *reply);

#endif
