#include "sk_stage_server.h"

#include <string.h>

#include "sk_board.h"
#include "sk_bytes.h"
#include "sk_marker.h"
#include "sk_protocol.h"
#include "sk_runner.h"
#include "sk_stage_model.h"
#include "sk_stager.h"

/* What a sample is of; the first byte of each sample. */
enum { HEART_RATE = 0, COUNT = 1, SPO2 = 2, PPG = 3, ACCELERATION = 4 };

enum { FLAG_BEDTIME = 1, FLAG_RAW = 2 };
enum { FLAG_WORN = 1, FLAG_REST = 2 };
enum { SAMPLE_BYTES = 9, MOST_LAGS = 64 };

static sk_stager_t stager;
static sk_raw_t raw;
static bool begun;

static int64_t get_i64(const uint8_t *from)
{
    return (int64_t)((uint64_t)sk_get_u32(from) | (uint64_t)sk_get_u32(from + 4) << 32);
}

static float get_f32(const uint8_t *from)
{
    uint32_t bits = sk_get_u32(from);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static uint8_t *put_f32(uint8_t *to, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    sk_put_u32(to, bits);
    return to + sizeof bits;
}

/*
 * i64 start, u8 flags (1: the bedtime is known, 2: raw sensors), i64 bedtime -> u32 bytes of the stager, u16 delay in
 * epochs, u8 classes
 */
static int32_t begin(const uint8_t *payload, uint16_t length, uint8_t *reply)
{
    if (length != 17) {
        return -SK_ERROR_BAD_LENGTH;
    }
    sk_stager_init(&stager, &sk_stage_model, get_i64(payload));
    if ((payload[8] & FLAG_BEDTIME) != 0) {
        sk_stager_start_of_night(&stager, get_i64(payload + 9));
    }
    uint32_t bytes = sizeof stager;
    if ((payload[8] & FLAG_RAW) != 0) {
        sk_stager_use_raw(&stager, &raw);
        bytes += sizeof raw;
    }
    begun = true;
    sk_put_u32(reply, bytes);
    sk_put_u16(reply + 4, sk_stage_model.delay_epochs);
    reply[6] = (uint8_t)sk_stage_model.decision.classes;
    return 7;
}

static sk_stager_push_t push(uint8_t kind, int64_t time, float value)
{
    switch (kind) {
    case HEART_RATE:
        return sk_stager_push_heart_rate(&stager, time, value);
    case COUNT:
        return sk_stager_push_count(&stager, time, value);
    case SPO2:
        return sk_stager_push_spo2(&stager, time, value);
    default:
        return SK_STAGER_REFUSED;
    }
}

static int32_t put_outcomes(const uint16_t *outcomes, uint32_t counter, uint8_t *reply)
{
    for (int32_t i = 0; i < 4; i++) {
        sk_put_u16(reply + 2 * i, outcomes[i]);
    }
    sk_put_u32(reply + 8, counter);
    return 12;
}

/*
 * i64 time, then samples of {u8 kind, i32 ms after that time, f32 value} -> u16 by outcome: taken, late, early, refused;
 * u32 counter. One window of the cycle model.
 */
static int32_t samples(const uint8_t *payload, uint16_t length, uint8_t *reply)
{
    if (length < 8 || (length - 8) % SAMPLE_BYTES != 0) {
        return -SK_ERROR_BAD_LENGTH;
    }
    int64_t time = get_i64(payload);
    uint16_t outcomes[4] = {0, 0, 0, 0};
    sk_counter_begin();
    SK_MARK_BEGIN();
    for (const uint8_t *sample = payload + 8; sample != payload + length; sample += SAMPLE_BYTES) {
        outcomes[push(sample[0], time + (int32_t)sk_get_u32(sample + 1), get_f32(sample + 5))]++;
    }
    SK_MARK_END();
    return put_outcomes(outcomes, sk_counter_end(), reply);
}

/* Acceleration in steps of 1 / 4096 g. */
static const float step_g = 1.0f / 4096.0f;

static float get_g(const uint8_t *from)
{
    return step_g * (float)(int16_t)sk_get_u16(from);
}

/*
 * i64 time in ms, u32 ns after it, u32 period in ns, u8 kind (3: PPG, f32; 4: acceleration, 3 i16 of 1 / 4096 g), values -> as
 * samples(). One window of the cycle model.
 */
static int32_t wave(const uint8_t *payload, uint16_t length, uint8_t *reply)
{
    enum { HEAD = 17, NS_PER_MS = 1000000 };
    uint32_t size = length > HEAD && payload[16] == ACCELERATION ? 6 : 4;
    if (length < HEAD || (uint32_t)(length - HEAD) % size != 0) {
        return -SK_ERROR_BAD_LENGTH;
    }
    int64_t time = get_i64(payload);
    uint32_t after = sk_get_u32(payload + 8), period = sk_get_u32(payload + 12);
    if (after >= NS_PER_MS || period > 100u * NS_PER_MS || (payload[16] != PPG && payload[16] != ACCELERATION)) {
        return -SK_ERROR_OUT_OF_RANGE;
    }
    /* Values and times are unpacked before anything is counted: a watch has them in its hands. */
    static float values[SK_PAYLOAD_MAX / 2];
    static int32_t times[SK_PAYLOAD_MAX / 4];
    uint32_t count = 0, samples = (uint32_t)(length - HEAD) / size;
    for (const uint8_t *value = payload + HEAD; value != payload + length; value += size == 4 ? 4 : 2) {
        values[count++] = size == 4 ? get_f32(value) : get_g(value);
    }
    for (uint32_t i = 0; i < samples; i++) {
        times[i] = (int32_t)(((uint64_t)after + (uint64_t)i * period) / NS_PER_MS);
    }
    uint16_t outcomes[4] = {0, 0, 0, 0};
    sk_counter_begin();
    SK_MARK_BEGIN();
    if (size == 4) {
        for (uint32_t i = 0; i < samples; i++) {
            outcomes[sk_stager_push_ppg(&stager, time + times[i], values[i])]++;
        }
    } else {
        const float *value = values;
        for (uint32_t i = 0; i < samples; i++, value += 3) {
            outcomes[sk_stager_push_acceleration(&stager, time + times[i], value[0], value[1], value[2])]++;
        }
    }
    SK_MARK_END();
    return put_outcomes(outcomes, sk_counter_end(), reply);
}

static int32_t put_answer(const sk_stager_answer_t *answer, uint8_t *reply)
{
    sk_put_u32(reply, (uint32_t)answer->epoch);
    reply[4] = (uint8_t)answer->stage;
    reply[5] = answer->sensors;
    sk_put_u16(reply + 6, answer->delay_epochs);
    uint8_t *at = reply + 8;
    for (int32_t i = 0; i < sk_stage_model.decision.classes; i++) {
        at = put_f32(at, answer->probability[i]);
    }
    return (int32_t)(at - reply);
}

/*
 * i64 now, u8 flags (1: the watch is worn; 2: the night has ended, answer what is left), u8 count and as many u8 lags in epochs
 *   -> u8 what: bit 0 an epoch was closed, bit 1 the network's output is of the newest frame, bit 2 an epoch is answered;
 *      u32 epoch that is open, u16 valid, f32 row [14], int8 row [14], u32 counters of the row, the network and the decision;
 *      then, if bit 1, int8 logits [lags][classes]; then, if an epoch is answered, u32 epoch, i8 stage,
 *      u8 sensors, u16 delay in epochs, f32 probability [classes].
 * The network runs for every epoch that is closed, so that the host sees an answer at any delay. Windows of the cycle
 * model: the row, each step of the network if it ran, the decision.
 */
static int32_t epoch(const uint8_t *payload, uint16_t length, uint8_t *reply)
{
    if (length < 10 || payload[9] > MOST_LAGS || length != 10 + payload[9]) {
        return -SK_ERROR_BAD_LENGTH;
    }
    if (!begun) {
        return -SK_ERROR_STALE;
    }
    int64_t now = get_i64(payload);
    bool rest = (payload[8] & FLAG_REST) != 0;
    sk_stager_worn(&stager, now, (payload[8] & FLAG_WORN) != 0);

    sk_counter_begin();
    SK_MARK_BEGIN();
    bool closed = !rest && sk_stager_close(&stager, now);
    SK_MARK_END();
    uint32_t row_counter = sk_counter_end();

    uint32_t network_counter = 0;
    if (closed) {
        sk_stager_frame(&stager, sk_model.input);
        if (sk_model.step_count > SK_MAX_STEPS
            || sk_run_steps(&sk_model, sk_model.step_count, false) != SK_CANARY_WHOLE) {
            return -SK_ERROR_TOO_MANY_STEPS;
        }
        for (uint16_t step = 0; step < sk_model.step_count; step++) {
            network_counter += sk_step_results[step].counter;
        }
    }
    sk_stager_answer_t answer;
    sk_counter_begin();
    SK_MARK_BEGIN();
    bool answered = rest ? sk_stager_rest(&stager, &answer)
                         : closed && sk_stager_answer(&stager, sk_model.output, &answer);
    SK_MARK_END();
    uint32_t decision_counter = sk_counter_end();

    reply[0] = (uint8_t)((closed ? 1 : 0) | (stager.frame_is_new ? 2 : 0) | (answered ? 4 : 0));
    sk_put_u32(reply + 1, (uint32_t)stager.epoch);
    sk_put_u16(reply + 5, stager.valid);
    uint8_t *at = reply + 7;
    for (int32_t i = 0; i < SK_WATCH_FEATURES; i++) {
        at = put_f32(at, stager.row[i]);
    }
    int32_t newest = stager.epoch == 0 ? 0 : (stager.epoch - 1) % SK_STAGER_ROWS;
    memcpy(at, stager.ring[newest], SK_WATCH_FEATURES);
    at += SK_WATCH_FEATURES;
    sk_put_u32(at, row_counter);
    sk_put_u32(at + 4, network_counter);
    sk_put_u32(at + 8, decision_counter);
    at += 12;
    for (int32_t i = 0; stager.frame_is_new && i < payload[9]; i++) {
        int32_t lag = payload[10 + i] % SK_STAGER_ROWS;
        memcpy(at, sk_model.output + (SK_STAGER_ROWS - 1 - lag) * sk_stage_model.decision.classes, sk_stage_model.decision.classes);
        at += sk_stage_model.decision.classes;
    }
    return (int32_t)(at - reply) + (answered ? put_answer(&answer, at) : 0);
}

bool sk_stage_knows(uint8_t type)
{
    return type == SK_STAGE_BEGIN || type == SK_STAGE_SAMPLES || type == SK_STAGE_EPOCH
           || type == SK_STAGE_WAVE;
}

int32_t sk_stage_answer(uint8_t type, const uint8_t *payload, uint16_t length, uint8_t *reply)
{
    switch (type) {
    case SK_STAGE_BEGIN:
        return begin(payload, length, reply);
    case SK_STAGE_SAMPLES:
        return samples(payload, length, reply);
    case SK_STAGE_WAVE:
        return wave(payload, length, reply);
    default:
        return epoch(payload, length, reply);
    }
}
