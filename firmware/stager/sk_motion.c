#include "sk_motion.h"

#include <string.h>

enum {
    STEP_MS = 20,
    LONGEST_GAP_MS = 2000,
    EPOCH_MS = 30000,
    EPOCH_SECONDS = 30,
    BIN_SECONDS = 15,
    MOST_STEPS = 128,
    REACH = 8
};

static const float step_g = 5.0f / 128.0f;
static const float offset = 18.0f, gain = 3.07f;
static const float least_known = 0.5f;

/* Butterworth of order 5, 3 to 11 Hz at 50 Hz: b0 b1 b2 a1 a2 of each section (scipy.signal.butter). */
static const float sections[SK_MOTION_SECTIONS][5] = {
    {0.00900363f, 0.01800727f, 0.00900363f, -0.93872704f, 0.29052686f},
    {1.0f, 2.0f, 1.0f, -0.47621865f, 0.31173043f},
    {1.0f, 0.0f, -1.0f, -1.44172945f, 0.60404986f},
    {1.0f, -2.0f, 1.0f, -0.34526408f, 0.67881178f},
    {1.0f, -2.0f, 1.0f, -1.72775108f, 0.86349993f},
};

/* A Gaussian of 50 s at 7.5 s, 22.5 s, ... from its middle. */
static const float gaussian[REACH] = {
    0.98881304f, 0.90370708f, 0.7548396f, 0.57622907f, 0.40202138f, 0.25634015f, 0.14938178f, 0.07955951f,
};

void sk_motion_init(sk_motion_t *motion)
{
    memset(motion, 0, sizeof *motion);
    motion->second = -1;
    for (int32_t i = 0; i < SK_MOTION_BINS; i++) {
        motion->bins[i] = -1.0f;
    }
}

static float filter(sk_motion_t *motion, float value)
{
    for (int32_t i = 0; i < SK_MOTION_SECTIONS; i++) {
        const float *c = sections[i];
        float *state = motion->state[i];
        float out = c[0] * value + state[0];
        state[0] = c[1] * value - c[3] * out + state[1];
        state[1] = c[2] * value - c[4] * out;
        value = out;
    }
    return value;
}

/* Books the second that is over. */
static void end_second(sk_motion_t *motion)
{
    if (motion->second >= 0 && motion->largest >= 0.0f) {
        int32_t bin = motion->second < BIN_SECONDS ? 0 : 1;
        float largest = motion->largest / step_g;
        int32_t step = largest >= MOST_STEPS ? MOST_STEPS : (int32_t)largest + 1;
        motion->steps[bin] += (float)(step > MOST_STEPS ? MOST_STEPS : step);
        motion->seconds[bin]++;
    }
    motion->largest = -1.0f;
}

static void take_point(sk_motion_t *motion, int32_t at_ms, float value)
{
    int32_t second = at_ms >= 0 ? at_ms / 1000 : -1;
    float size = filter(motion, value - motion->reference);
    size = size < 0.0f ? -size : size;
    if (second != motion->second) {
        end_second(motion);
        motion->second = second;
    }
    motion->largest = size > motion->largest ? size : motion->largest;
}

/* Rounded down, also below 0. */
static int32_t steps_of(int32_t ms)
{
    return ms >= 0 ? ms / STEP_MS : -((-ms + STEP_MS - 1) / STEP_MS);
}

void sk_motion_push(sk_motion_t *motion, int32_t after_ms, float z)
{
    if (!motion->begun || after_ms - motion->last_ms > LONGEST_GAP_MS) {
        memset(motion->state, 0, sizeof motion->state);
        motion->begun = true;
        motion->reference = z;
    } else if (after_ms > motion->last_ms) {
        float slope = (z - motion->last) / (float)(after_ms - motion->last_ms);
        for (int32_t step = steps_of(motion->last_ms) + 1; step * STEP_MS <= after_ms; step++) {
            take_point(motion, step * STEP_MS, motion->last + slope * (float)(step * STEP_MS - motion->last_ms));
        }
    }
    motion->last_ms = after_ms;
    motion->last = z;
}

/* The count of 15 s; negative if too little was measured. Seconds that were not count as the mean of the others. */
static float bin_count(const sk_motion_t *motion, int32_t bin)
{
    int32_t seconds = motion->seconds[bin];
    if (2 * seconds < BIN_SECONDS) {
        return -1.0f;
    }
    float count = gain * (motion->steps[bin] * BIN_SECONDS / (float)seconds - offset);
    return count > 0.0f ? count : 0.0f;
}

static bool smooth(const float *bins, float *count)
{
    float sum = 0.0f, known = 0.0f, whole = 0.0f;
    for (int32_t i = 0; i < 2 * REACH; i++) {
        float weight = gaussian[i < REACH ? REACH - 1 - i : i - REACH];
        whole += weight;
        if (bins[i] >= 0.0f) {
            sum += weight * bins[i];
            known += weight;
        }
    }
    *count = known > 0.0f ? sum / known : 0.0f;
    return known >= least_known * whole;
}

bool sk_motion_close(sk_motion_t *motion, float *count)
{
    end_second(motion);
    memmove(motion->bins, motion->bins + 2, (SK_MOTION_BINS - 2) * sizeof motion->bins[0]);
    for (int32_t bin = 0; bin < 2; bin++) {
        motion->bins[SK_MOTION_BINS - 2 + bin] = bin_count(motion, bin);
        motion->seconds[bin] = 0;
        motion->steps[bin] = 0.0f;
    }
    motion->second = -1;
    motion->last_ms -= EPOCH_MS;
    if (motion->last_ms < -EPOCH_MS) {
        motion->begun = false; /* so that a long gap cannot overflow */
    }
    return smooth(motion->bins, count);
}
