#include "sk_watch.h"

#include <string.h>

#include "sk_math.h"

enum { HEART_RATES = 12, COUNT_FEATURE = 12, HOURS_FEATURE = 13 };

static const float least_variance = 1e-12f;

void sk_watch_init(sk_watch_t *watch)
{
    memset(watch, 0, sizeof *watch);
}

void sk_watch_heart_rate(sk_watch_t *watch, int32_t after_ms, float bpm)
{
    (void)after_ms;
    watch->sum += bpm;
    watch->peak = watch->values == 0 || bpm > watch->peak ? bpm : watch->peak;
    watch->values++;
}

void sk_watch_count(sk_watch_t *watch, float count)
{
    watch->counts[0] = count;
    watch->counted |= 1u;
}

uint16_t sk_watch_close(sk_watch_t *watch, bool hours_known, float hours, float *row)
{
    uint16_t valid = 0;
    memset(row, 0, SK_WATCH_FEATURES * sizeof *row);
    if (watch->values != 0) {
        for (int32_t i = 0; i < HEART_RATES; i++) {
            row[i] = i == 0 ? watch->peak : watch->sum / (float)watch->values;
            valid |= (uint16_t)(1u << i);
        }
    }
    if ((watch->counted >> SK_WATCH_COUNTS_LATE & 1u) != 0) {
        row[COUNT_FEATURE] = watch->counts[SK_WATCH_COUNTS_LATE];
        valid |= 1u << COUNT_FEATURE;
    }
    if (hours_known) {
        row[HOURS_FEATURE] = hours;
        valid |= 1u << HOURS_FEATURE;
    }
    memmove(watch->counts + 1, watch->counts, SK_WATCH_COUNTS_LATE * sizeof watch->counts[0]);
    watch->counts[0] = 0.0f;
    watch->counted = (uint8_t)(watch->counted << 1 & 0x1Fu);
    watch->sum = watch->peak = 0.0f;
    watch->values = 0;
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
            watch->seen[i] += 1.0f;
            watch->first[i] += difference;
            watch->second[i] += difference * difference;
            float count = normal->epochs + watch->seen[i];
            mean = watch->first[i] / count;
            float square = (normal->epochs * normal->std[i] * normal->std[i] + watch->second[i]) / count;
            float variance = square - mean * mean;
            deviation = sk_sqrt(variance > least_variance ? variance : least_variance);
        }
        float value = (difference - mean) / deviation;
        normalised[i] = value > clip ? clip : value < -clip ? -clip : value;
    }
}
