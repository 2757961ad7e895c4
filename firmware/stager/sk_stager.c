#include "sk_stager.h"

#include <stddef.h>
#include <string.h>

#include "sk_math.h"
#include "sk_softmax.h"

enum { HEART_RATE, COUNT, PPG, ACCELERATION, SPO2 };

enum { FLAG_SENSORS = 0x3F, FLAG_OFF_WRIST = 0x80 };

static const float least_bpm = 30.0f, most_bpm = 220.0f;
static const float most_count = 1.0e6f;

static bool within(float value, float least, float most)
{
    return sk_is_finite(value) && value >= least && value <= most;
}

static int32_t slot(int32_t epoch)
{
    return epoch % SK_STAGER_ROWS;
}

static int8_t quantize(float value, float scale, int32_t zero_point)
{
    float steps = value / scale;
    int32_t rounded = (int32_t)(steps < 0.0f ? steps - 0.5f : steps + 0.5f) + zero_point;
    return (int8_t)(rounded < -128 ? -128 : rounded > 127 ? 127 : rounded);
}

void sk_stager_init(sk_stager_t *stager, const sk_stager_model_t *model, int64_t time_ms)
{
    memset(stager, 0, sizeof *stager);
    stager->model = model;
    stager->start_ms = stager->opened_ms = time_ms;
    for (int32_t i = 0; i < SK_STAGER_SENSORS; i++) {
        stager->last_ms[i] = time_ms;
    }
    stager->last_ms[HEART_RATE] -= SK_WATCH_OLDEST_MS;
    stager->worn = true;
    sk_watch_init(&stager->features);
}

void sk_stager_use_raw(sk_stager_t *stager, sk_raw_t *raw)
{
    sk_beats_init(&raw->beats);
    sk_motion_init(&raw->motion);
    stager->raw = raw;
}

void sk_stager_start_of_night(sk_stager_t *stager, int64_t time_ms)
{
    stager->bedtime_ms = time_ms;
    stager->bedtime_known = true;
}

void sk_stager_clock_moved(sk_stager_t *stager, int64_t delta_ms)
{
    stager->start_ms += delta_ms;
    stager->opened_ms += delta_ms;
    stager->bedtime_ms += delta_ms;
    for (int32_t i = 0; i < SK_STAGER_SENSORS; i++) {
        stager->last_ms[i] += delta_ms;
    }
    if (stager->raw != NULL) {
        sk_beats_clock_moved(&stager->raw->beats, delta_ms);
    }
}

void sk_stager_worn(sk_stager_t *stager, int64_t time_ms, bool worn)
{
    int64_t after = time_ms - stager->opened_ms;
    int32_t at = (int32_t)(after < 0 ? 0 : after > SK_STAGER_EPOCH_MS ? SK_STAGER_EPOCH_MS : after);
    if (stager->worn && !worn) {
        stager->off_since_ms = at;
    } else if (!stager->worn && worn && at > stager->off_since_ms) {
        stager->off_ms += at - stager->off_since_ms;
    }
    stager->worn = worn;
}

/*
 * TAKEN: the sample belongs to the open epoch, and *after is its time there. A heart rate may be from before epoch 0, as
 * far as it holds into it.
 */
static inline sk_stager_push_t place(sk_stager_t *stager, int sensor, int64_t time_ms, int32_t *after)
{
    int64_t since = time_ms - stager->opened_ms;
    if ((uint64_t)since >= SK_STAGER_EPOCH_MS) { /* before the open epoch or behind it */
        bool holds = sensor == HEART_RATE && stager->epoch == 0 && since >= -SK_WATCH_OLDEST_MS;
        if (since >= SK_STAGER_EPOCH_MS) {
            return SK_STAGER_EARLY;
        }
        if (!holds) {
            return SK_STAGER_LATE;
        }
    }
    if (time_ms < stager->last_ms[sensor]) {
        return SK_STAGER_LATE;
    }
    stager->last_ms[sensor] = time_ms;
    *after = (int32_t)since;
    return SK_STAGER_TAKEN;
}

sk_stager_push_t sk_stager_push_heart_rate(sk_stager_t *stager, int64_t time_ms, float bpm)
{
    if (!within(bpm, least_bpm, most_bpm)) {
        return SK_STAGER_REFUSED;
    }
    int32_t after;
    sk_stager_push_t placed = place(stager, HEART_RATE, time_ms, &after);
    if (placed == SK_STAGER_TAKEN) {
        sk_watch_heart_rate(&stager->features, after, bpm);
        stager->open_flags |= SK_STAGER_HAS_HEART_RATE;
    }
    return placed;
}

sk_stager_push_t sk_stager_push_count(sk_stager_t *stager, int64_t time_ms, float count)
{
    if (!within(count, 0.0f, most_count)) {
        return SK_STAGER_REFUSED;
    }
    int32_t after;
    sk_stager_push_t placed = place(stager, COUNT, time_ms, &after);
    if (placed == SK_STAGER_TAKEN) {
        sk_watch_count(&stager->features, count);
        stager->open_flags |= SK_STAGER_HAS_COUNTS;
    }
    return placed;
}

/* Bits of 1e7 and 32: sizes that no sensor gives. One comparison per sample finds them, infinities and what is no number. */
enum { SIZE_BITS = 0x7FFFFFFF, MOST_PPG_BITS = 0x4B189680, MOST_G_BITS = 0x42000000 };

sk_stager_push_t sk_stager_push_ppg(sk_stager_t *stager, int64_t time_ms, float value)
{
    if (stager->raw == NULL || (sk_bits(value) & SIZE_BITS) > MOST_PPG_BITS) {
        return SK_STAGER_REFUSED;
    }
    int32_t after;
    float bpm;
    sk_stager_push_t placed = place(stager, PPG, time_ms, &after);
    if (placed == SK_STAGER_TAKEN) {
        stager->open_flags |= SK_STAGER_HAS_PPG;
        if (sk_beats_push(&stager->raw->beats, time_ms, value, &bpm)) {
            sk_stager_push_heart_rate(stager, time_ms, bpm);
        }
    }
    return placed;
}

sk_stager_push_t sk_stager_push_acceleration(sk_stager_t *stager, int64_t time_ms, float x, float y, float z)
{
    (void)x; /* counts are of z alone */
    (void)y;
    if (stager->raw == NULL || (sk_bits(z) & SIZE_BITS) > MOST_G_BITS) {
        return SK_STAGER_REFUSED;
    }
    int32_t after;
    sk_stager_push_t placed = place(stager, ACCELERATION, time_ms, &after);
    if (placed == SK_STAGER_TAKEN) {
        stager->open_flags |= SK_STAGER_HAS_ACCELERATION;
        sk_motion_push(&stager->raw->motion, after, z);
    }
    return placed;
}

sk_stager_push_t sk_stager_push_spo2(sk_stager_t *stager, int64_t time_ms, float percent)
{
    if (!within(percent, 50.0f, 100.0f)) {
        return SK_STAGER_REFUSED;
    }
    int32_t after;
    sk_stager_push_t placed = place(stager, SPO2, time_ms, &after);
    if (placed == SK_STAGER_TAKEN) {
        stager->open_flags |= SK_STAGER_HAS_SPO2;
    }
    return placed;
}

/* Epochs that turned out to be off the wrist, also those that are closed already. */
static void look_for_pulse(sk_stager_t *stager)
{
    if ((stager->open_flags & SK_STAGER_HAS_HEART_RATE) != 0) {
        stager->pulseless = 0;
        return;
    }
    if (stager->pulseless < SK_STAGER_PULSELESS_EPOCHS) {
        stager->pulseless++;
    }
    if (stager->pulseless < SK_STAGER_PULSELESS_EPOCHS) {
        return;
    }
    int32_t first = stager->epoch - SK_STAGER_PULSELESS_EPOCHS + 1;
    for (int32_t epoch = first < 0 ? 0 : first; epoch < stager->epoch; epoch++) {
        stager->flags[slot(epoch)] |= FLAG_OFF_WRIST;
    }
    stager->open_flags |= FLAG_OFF_WRIST;
}

static void look_at_wrist(sk_stager_t *stager)
{
    int32_t off = stager->off_ms;
    if (!stager->worn) {
        off += SK_STAGER_EPOCH_MS - stager->off_since_ms;
    }
    if (2 * off > SK_STAGER_EPOCH_MS) {
        stager->open_flags |= FLAG_OFF_WRIST;
    }
    stager->off_ms = stager->off_since_ms = 0;
}

bool sk_stager_close(sk_stager_t *stager, int64_t now_ms)
{
    if (now_ms - stager->opened_ms < SK_STAGER_EPOCH_MS) {
        return false;
    }
    const sk_stager_model_t *model = stager->model;
    /* From the epoch's start, as FS-WATCH-14 counts it. In whole milliseconds until here: a float has no room for a date. */
    float hours = (float)(stager->opened_ms - stager->bedtime_ms) / 3600000.0f;
    bool hours_known = stager->bedtime_known && hours >= 0.0f;
    float normalised[SK_WATCH_FEATURES];
    float count;
    if (stager->raw != NULL && sk_motion_close(&stager->raw->motion, &count)) {
        sk_watch_late_count(&stager->features, count);
        stager->open_flags |= SK_STAGER_HAS_COUNTS;
    }
    stager->valid = sk_watch_close(&stager->features, hours_known, hours, stager->row);
    sk_watch_normalise(&stager->features, &model->normal, model->clip, stager->valid, stager->row, normalised);
    int8_t *row = stager->ring[slot(stager->epoch)];
    for (int32_t i = 0; i < SK_WATCH_FEATURES; i++) {
        row[i] = quantize(normalised[i], model->input_scale, model->input_zero_point);
    }
    if (hours_known) {
        stager->open_flags |= SK_STAGER_HAS_CLOCK;
    }
    look_for_pulse(stager);
    look_at_wrist(stager);
    stager->flags[slot(stager->epoch)] = stager->open_flags;
    stager->open_flags = 0;
    stager->opened_ms += SK_STAGER_EPOCH_MS;
    stager->epoch++;
    stager->frame_is_new = false;
    return true;
}

/* The epoch that is due, or -1. */
static int32_t due(const sk_stager_t *stager)
{
    int32_t epoch = stager->epoch - 1 - stager->model->delay_epochs;
    return epoch >= stager->answered ? stager->answered : -1;
}

static bool off_wrist(const sk_stager_t *stager, int32_t epoch)
{
    return (stager->flags[slot(epoch)] & FLAG_OFF_WRIST) != 0;
}

bool sk_stager_needs_network(const sk_stager_t *stager)
{
    int32_t epoch = due(stager);
    return epoch >= 0 && !off_wrist(stager, epoch);
}

void sk_stager_frame(sk_stager_t *stager, int8_t *input)
{
    stager->frame_is_new = true;
    int32_t rows = stager->epoch < SK_STAGER_ROWS ? stager->epoch : SK_STAGER_ROWS;
    int32_t empty = SK_STAGER_ROWS - rows;
    memset(input, stager->model->input_zero_point, (size_t)empty * SK_WATCH_FEATURES);
    for (int32_t i = 0; i < rows; i++) {
        memcpy(input + (size_t)(empty + i) * SK_WATCH_FEATURES, stager->ring[slot(stager->epoch - rows + i)],
               SK_WATCH_FEATURES);
    }
}

/* The epoch since bedtime, for the decision's stage prior. */
static int32_t since_bedtime(const sk_stager_t *stager, int32_t epoch)
{
    if (!stager->bedtime_known) {
        return SK_DECISION_NO_CLOCK;
    }
    int64_t after = stager->bedtime_ms - stager->start_ms; /* of epoch 0; rounded down to whole epochs */
    int64_t bedtime = after >= 0 ? after / SK_STAGER_EPOCH_MS : -((-after + SK_STAGER_EPOCH_MS - 1) / SK_STAGER_EPOCH_MS);
    int64_t since = epoch - bedtime;
    return since > INT32_MAX ? INT32_MAX : since <= INT32_MIN ? INT32_MIN + 1 : (int32_t)since;
}

static void fill_answer(sk_stager_t *stager, const int8_t *output, int32_t epoch, sk_stager_answer_t *answer)
{
    const sk_stager_model_t *model = stager->model;
    *answer = (sk_stager_answer_t){
        .epoch = epoch,
        .stage = SK_STAGER_NO_ANSWER,
        .sensors = stager->flags[slot(epoch)] & FLAG_SENSORS,
        .delay_epochs = (uint16_t)(stager->epoch - 1 - epoch),
    };
    stager->answered = epoch + 1;
    if (off_wrist(stager, epoch)) {
        return;
    }
    int32_t scores[SK_DECISION_CLASSES_MAX];
    int32_t row = SK_STAGER_ROWS - 1 - answer->delay_epochs;
    int32_t stage = sk_decide_scores(&model->decision, output + row * model->decision.classes,
                                     since_bedtime(stager, epoch), scores);
    sk_softmax(scores, model->decision.classes, stage, model->logit_scale, answer->probability);
    answer->stage = (int8_t)stage;
}

bool sk_stager_answer(sk_stager_t *stager, const int8_t *output, sk_stager_answer_t *answer)
{
    int32_t epoch = due(stager);
    if (epoch < 0) {
        return false;
    }
    fill_answer(stager, output, epoch, answer);
    return true;
}

static void run_network(sk_stager_t *stager)
{
    if (!stager->frame_is_new) {
        const sk_model_t *network = stager->model->network;
        sk_stager_frame(stager, network->input);
        for (uint16_t step = 0; step < network->step_count; step++) {
            network->steps[step].run();
        }
    }
}

sk_stager_event_t sk_stager_epoch(sk_stager_t *stager, int64_t now_ms, sk_stager_answer_t *answer)
{
    if (!sk_stager_close(stager, now_ms)) {
        return SK_STAGER_WAITING;
    }
    if (sk_stager_needs_network(stager)) {
        run_network(stager);
    }
    return sk_stager_answer(stager, stager->model->network->output, answer) ? SK_STAGER_ANSWERED : SK_STAGER_CLOSED;
}

bool sk_stager_rest(sk_stager_t *stager, sk_stager_answer_t *answer)
{
    if (stager->answered >= stager->epoch) {
        return false;
    }
    if (!off_wrist(stager, stager->answered)) {
        run_network(stager);
    }
    fill_answer(stager, stager->model->network->output, stager->answered, answer);
    return true;
}
