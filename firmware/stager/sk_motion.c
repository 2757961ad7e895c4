#include "sk_motion.h"

#include <string.h>

#include "sk_math.h"

enum {
    STEP_MS = 20,
    LONGEST_GAP_MS = 2000,
    EPOCH_MS = 30000,
    MS_PER_SECOND = 1000,
    BIN_SECONDS = 15,
    MOST_STEPS = 128,
    REACH = 8
};

static const float step_g = 5.0f / 128.0f;
static const float offset = 18.0f, gain = 3.07f;
static const float least_known = 0.5f;

/*
 * Butterworth of order 5, 3 to 11 Hz at 50 Hz (scipy.signal.butter), as second-order sections: a1 and a2 of each. The
 * numerators are (1, 2, 1) twice, (1, 0, -1), (1, -2, 1) twice, and a gain.
 */
static const float gain_in = 0.00900363f;
static const float poles[SK_MOTION_SECTIONS][2] = {
    {-0.93872704f, 0.29052686f}, {-0.47621865f, 0.31173043f}, {-1.44172945f, 0.60404986f},
    {-0.34526408f, 0.67881178f}, {-1.72775108f, 0.86349993f},
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

/* A section with the numerator (1, middle, last), over a second in place; what is constant is folded into each call. */
static inline void section(float *state, const float *pole, float *values, int32_t count, float middle, float last)
{
    float first = state[0], second = state[1];
    const float a1 = pole[0], a2 = pole[1];
    for (int32_t i = 0; i < count; i++) {
        float in = values[i], out = in + first;
        first = middle * in - a1 * out + second;
        second = last * in - a2 * out;
        values[i] = out;
    }
    state[0] = first;
    state[1] = second;
}

static void filter(sk_motion_t *motion)
{
    float *points = motion->points;
    int32_t count = motion->count;
    section(motion->state[0], poles[0], points, count, 2.0f, 1.0f);
    section(motion->state[1], poles[1], points, count, 2.0f, 1.0f);
    section(motion->state[2], poles[2], points, count, 0.0f, -1.0f);
    section(motion->state[3], poles[3], points, count, -2.0f, 1.0f);
    section(motion->state[4], poles[4], points, count, -2.0f, 1.0f);
}

/* Filters the second that is over, and books its largest size. */
static SK_NOINLINE void end_second(sk_motion_t *motion)
{
    filter(motion);
    float largest = 0.0f;
    for (int32_t i = 0; i < motion->count; i++) {
        float size = motion->points[i] < 0.0f ? -motion->points[i] : motion->points[i];
        largest = size > largest ? size : largest;
    }
    if (motion->second >= 0 && motion->count > 0) {
        int32_t bin = motion->second < BIN_SECONDS ? 0 : 1;
        float steps = largest / step_g;
        int32_t step = steps >= MOST_STEPS ? MOST_STEPS : (int32_t)steps + 1;
        motion->steps[bin] += (float)(step > MOST_STEPS ? MOST_STEPS : step);
        motion->seconds[bin]++;
    }
    motion->count = 0;
}

/* A grid point of the open epoch, or of the one before, which is over and books nothing more. */
static inline void take_point(sk_motion_t *motion, int32_t at_ms, float value)
{
    if (at_ms >= motion->second_end_ms || motion->count == SK_MOTION_POINTS) {
        end_second(motion);
        motion->second = at_ms >= 0 ? at_ms / MS_PER_SECOND : -1;
        motion->second_end_ms = (motion->second + 1) * MS_PER_SECOND;
    }
    motion->points[motion->count++] = gain_in * (value - motion->reference);
}

/* The first grid point behind a time of the open epoch. */
static int32_t next_point(int32_t ms)
{
    return (ms / STEP_MS + 1) * STEP_MS;
}

void sk_motion_push(sk_motion_t *motion, int32_t after_ms, float z)
{
    if (!motion->begun || after_ms - motion->last_ms > LONGEST_GAP_MS) {
        end_second(motion); /* of before the gap */
        memset(motion->state, 0, sizeof motion->state);
        motion->begun = true;
        motion->reference = z;
        motion->next_ms = next_point(after_ms);
    } else if (motion->next_ms <= after_ms) {
        float slope = (z - motion->last) / (float)(after_ms - motion->last_ms);
        for (; motion->next_ms <= after_ms; motion->next_ms += STEP_MS) {
            take_point(motion, motion->next_ms, motion->last + slope * (float)(motion->next_ms - motion->last_ms));
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
    motion->second_end_ms = 0;
    motion->last_ms -= EPOCH_MS;
    motion->next_ms -= EPOCH_MS;
    if (motion->last_ms < -EPOCH_MS) {
        motion->begun = false; /* so that a long gap cannot overflow */
    }
    return smooth(motion->bins, count);
}
