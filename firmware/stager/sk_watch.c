#include "sk_watch.h"

#include <string.h>

#include "sk_math.h"

enum {
    STEP_MS = 5000,
    STEPS = 6,
    LONGEST_STILL = 60,
    COUNTS_FEATURE = 10,
    CLOCK_FEATURE = 13,
    HEART_RATE_BITS = 0x03FF,
    COUNTS_BITS = 0x1C00,
    CLOCK_BITS = 0x2000
};

enum { HALF, ONE, THREE, FIVE, TEN, TWENTY, FORTY }; /* minutes of each running mean */

/* Of a new value in a running mean: 1 - exp(-5 s / T) for T of 30, 60, 180, 300, 600, 1200 and 2400 s. */
static const float shares[SK_WATCH_MEANS] = {
    0.153518275f, 0.0799555854f, 0.0273955229f, 0.0165285462f, 0.00829870736f, 0.00415799815f, 0.0020811647f,
};
static const float count_share = 0.117503097f; /* 1 - exp(-30 s / 240 s) */

static const float lowest_bpm = 30.0f, level_bpm = 0.5f;
static const float low_share = 0.1f, rank_prior = 20.0f;
static const float smallest_bpm = 0.05f, smallest_count = 0.02f, moved_count = 2.0f;
static const float clock_hours = 0.25f; /* the clock feature is log2(1 + hours / clock_hours) */
static const float least_variance = 1e-12f;
static const float log_2 = 0.69314718f;

void sk_watch_init(sk_watch_t *watch)
{
    memset(watch, 0, sizeof *watch);
    watch->last_ms = INT32_MIN;
    watch->variance = 25.0f;
    watch->step_1min = watch->step_10min = 1.0f;
    watch->power = 4.0f;
    watch->still = LONGEST_STILL;
}

static void follow(sk_watch_t *watch, float bpm)
{
    if (!watch->following) {
        for (int32_t i = 0; i < SK_WATCH_MEANS; i++) {
            watch->means[i] = bpm;
        }
        watch->previous = bpm;
        watch->following = true;
    }
    for (int32_t i = 0; i < SK_WATCH_MEANS; i++) {
        watch->means[i] += shares[i] * (bpm - watch->means[i]);
    }
    float away = bpm - watch->means[FIVE];
    float change = bpm < watch->previous ? watch->previous - bpm : bpm - watch->previous;
    float slow = watch->means[HALF] - watch->means[THREE];
    watch->previous = bpm;
    watch->variance += shares[FIVE] * (away * away - watch->variance);
    watch->step_1min += shares[ONE] * (change - watch->step_1min);
    watch->step_10min += shares[TEN] * (change - watch->step_10min);
    watch->power += shares[TEN] * (slow * slow - watch->power);
}

/* Ends the steps of 5 s that are over at a time: each has the last heart rate from before its end. */
static void step_until(sk_watch_t *watch, int32_t after_ms)
{
    while (watch->steps < STEPS && (watch->steps + 1) * STEP_MS <= after_ms) {
        watch->steps++;
        if (watch->last_ms < watch->steps * STEP_MS - SK_WATCH_OLDEST_MS) {
            continue;
        }
        follow(watch, watch->last_bpm);
        watch->sum += watch->last_bpm;
        watch->known++;
    }
}

void sk_watch_heart_rate(sk_watch_t *watch, int32_t after_ms, float bpm)
{
    step_until(watch, after_ms);
    watch->last_ms = after_ms;
    watch->last_bpm = bpm;
}

void sk_watch_count(sk_watch_t *watch, float count)
{
    watch->counts[0] = count;
    watch->counted |= 1u;
}

void sk_watch_late_count(sk_watch_t *watch, float count)
{
    watch->counts[SK_WATCH_COUNTS_LATE] = count;
    watch->counted |= 1u << SK_WATCH_COUNTS_LATE;
}

/* The heart rate's features; watch->known is not 0. */
static void heart_rate_row(sk_watch_t *watch, float *row)
{
    float mean = watch->sum / (float)watch->known;
    int32_t level = mean > lowest_bpm ? (int32_t)((mean - lowest_bpm) / level_bpm) : 0;
    level = level < SK_WATCH_LEVELS ? level : SK_WATCH_LEVELS - 1;
    watch->histogram[level]++;
    watch->epochs++;
    int32_t below = 0, at_level = 0, lowest = -1;
    for (int32_t i = 0; i < SK_WATCH_LEVELS && (lowest < 0 || i <= level); i++) {
        below += watch->histogram[i];
        at_level = i == level ? below : at_level;
        if (lowest < 0 && (float)below > low_share * (float)watch->epochs) {
            lowest = i;
        }
    }
    const float *means = watch->means;
    float low = lowest_bpm + level_bpm * ((float)lowest + 0.5f);
    row[0] = means[ONE];
    row[1] = means[ONE] - low;
    row[2] = ((float)at_level - 0.5f * (float)watch->histogram[level] + 0.5f * rank_prior)
             / ((float)watch->epochs + rank_prior);
    row[3] = means[HALF] - means[THREE];
    row[4] = means[THREE] - means[TEN];
    row[5] = means[TEN] - means[FORTY];
    row[6] = 0.5f * sk_log(watch->variance + smallest_bpm);
    row[7] = sk_log(watch->step_1min + smallest_bpm);
    row[8] = sk_log(watch->step_10min + smallest_bpm);
    row[9] = 0.5f * sk_log(watch->power + smallest_bpm);
}

static void counts_row(sk_watch_t *watch, float count, float *row)
{
    watch->count_mean += count_share * (count - watch->count_mean);
    watch->still = count > moved_count ? 0 : watch->still < LONGEST_STILL ? watch->still + 1 : LONGEST_STILL;
    row[0] = sk_log(count + smallest_count);
    row[1] = sk_log(watch->count_mean + smallest_count);
    row[2] = sk_log(1.0f + (float)watch->still);
}

uint16_t sk_watch_close(sk_watch_t *watch, bool hours_known, float hours, float *row)
{
    uint16_t valid = 0;
    memset(row, 0, SK_WATCH_FEATURES * sizeof *row);
    step_until(watch, STEPS * STEP_MS);
    if (watch->known != 0) {
        heart_rate_row(watch, row);
        valid |= HEART_RATE_BITS;
    }
    watch->steps = watch->known = 0;
    watch->sum = 0.0f;
    if (watch->last_ms > INT32_MIN + STEPS * STEP_MS) {
        watch->last_ms -= STEPS * STEP_MS;
    }
    if ((watch->counted >> SK_WATCH_COUNTS_LATE & 1u) != 0) {
        counts_row(watch, watch->counts[SK_WATCH_COUNTS_LATE], row + COUNTS_FEATURE);
        valid |= COUNTS_BITS;
    }
    memmove(watch->counts + 1, watch->counts, SK_WATCH_COUNTS_LATE * sizeof watch->counts[0]);
    watch->counted = (uint8_t)(watch->counted << 1);
    if (hours_known) {
        row[CLOCK_FEATURE] = sk_log(1.0f + hours / clock_hours) / log_2;
        valid |= CLOCK_BITS;
    }
    return valid;
}

void sk_watch_normalise(sk_watch_t *watch, const sk_watch_normal_t *normal, float clip, uint16_t valid,
                        const float *row, float *normalised)
{
    for (int32_t i = 0; i < SK_WATCH_FEATURES; i++) {
        normalised[i] = 0.0f;
        if ((valid >> i & 1u) == 0) {
            continue;
        }
        float difference = row[i] - normal->mean[i];
        float mean = 0.0f, deviation = normal->std[i];
        if (normal->epochs > 0.0f && (normal->fixed >> i & 1u) == 0) {
            watch->rows[i]++;
            watch->first[i] += difference;
            watch->second[i] += difference * difference;
            float count = normal->epochs + (float)watch->rows[i];
            mean = watch->first[i] / count;
            float square = (normal->epochs * normal->std[i] * normal->std[i] + watch->second[i]) / count;
            float variance = square - mean * mean;
            deviation = sk_sqrt(variance > least_variance ? variance : least_variance);
        }
        float value = (difference - mean) / deviation;
        normalised[i] = value > clip ? clip : value < -clip ? -clip : value;
    }
}
