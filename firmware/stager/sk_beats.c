#include "sk_beats.h"

#include <string.h>

enum {
    MARGIN = 20,
    LARGEST_SCALE = 19,
    BRIDGED = 2,
    STUBBORN = 4,
    FEWEST_INTERVALS = 2
};

static const float least_weight = 0.05f;
static const float shortest_ms = 300.0f, longest_ms = 2000.0f;
static const float least_swing = 1e-5f; /* of a window's largest value */
static const float near_share = 0.2f, fitting_share = 0.75f;

void sk_beats_init(sk_beats_t *beats)
{
    memset(beats, 0, sizeof *beats);
}

/* Fills short gaps of the window by straight lines; false if one is longer, or lies at an end. */
static bool bridge(sk_beats_t *beats)
{
    int32_t run = 0;
    for (int32_t i = 0; i < SK_BEATS_WINDOW; i++) {
        if (beats->known[i] == 0) {
            run++;
            continue;
        }
        if (run > BRIDGED || (run > 0 && i == run)) {
            return false;
        }
        if (run > 0) {
            float first = beats->level[i - run - 1];
            float step = (beats->level[i] - first) / (float)(run + 1);
            for (int32_t j = 1; j <= run; j++) {
                beats->level[i - run - 1 + j] = first + step * (float)j;
            }
        }
        run = 0;
    }
    return run == 0;
}

/* Takes mean and trend away; false if hardly anything is left. */
static bool detrend(float *level)
{
    float reference = level[0], largest = 0.0f, least = 0.0f, most = 0.0f;
    const float middle = 0.5f * (SK_BEATS_WINDOW - 1);
    const float squares = SK_BEATS_WINDOW * ((float)SK_BEATS_WINDOW * SK_BEATS_WINDOW - 1.0f) / 12.0f;
    float sum = 0.0f;
    for (int32_t i = 0; i < SK_BEATS_WINDOW; i++) {
        float size = level[i] < 0.0f ? -level[i] : level[i];
        largest = size > largest ? size : largest;
        level[i] -= reference; /* a large mean would cost digits */
        sum += ((float)i - middle) * level[i];
    }
    float slope = sum / squares;
    for (int32_t i = 0; i < SK_BEATS_WINDOW; i++) {
        level[i] -= slope * ((float)i - middle);
        least = i == 0 || level[i] < least ? level[i] : least;
        most = i == 0 || level[i] > most ? level[i] : most;
    }
    return most - least >= least_swing * largest;
}

static bool is_peak(const float *level, int32_t at, int32_t scale)
{
    return level[at] > level[at - scale] && level[at] > level[at + scale];
}

/* The scale with the most peaks, the first one if several have. */
static int32_t best_scale(const float *level)
{
    int32_t best = 1, most = -1;
    for (int32_t scale = 1; scale <= LARGEST_SCALE; scale++) {
        int32_t peaks = 0;
        for (int32_t i = scale; i < SK_BEATS_WINDOW - scale; i++) {
            peaks += is_peak(level, i, scale);
        }
        if (peaks > most) {
            most = peaks;
            best = scale;
        }
    }
    return best;
}

/* Beats of the window's middle, in ms from its start. */
static void find(sk_beats_t *beats)
{
    const float *level = beats->level;
    int32_t largest = best_scale(level);
    for (int32_t i = MARGIN - 1; i <= MARGIN + SK_BEATS_HOP; i++) {
        int32_t scale = 1;
        while (scale <= largest && is_peak(level, i, scale)) {
            scale++;
        }
        if (scale <= largest) {
            continue;
        }
        float left = level[i - 1], top = level[i], right = level[i + 1];
        float at = (float)i + 0.5f * (left - right) / (left - 2.0f * top + right);
        if (at >= MARGIN - 0.5f && at < MARGIN + SK_BEATS_HOP - 0.5f && beats->found_count < SK_BEATS_FOUND_MAX) {
            beats->found[beats->found_count++] = SK_BEATS_STEP_MS * at;
        }
    }
}

static float median(const float *values, int32_t count)
{
    float sorted[SK_BEATS_REMEMBERED];
    for (int32_t i = 0; i < count; i++) {
        int32_t at = i;
        for (; at > 0 && sorted[at - 1] > values[i]; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = values[i];
    }
    return sorted[count / 2];
}

static bool fits(sk_beats_t *beats, float interval)
{
    if (interval < shortest_ms || interval > longest_ms) {
        return false;
    }
    if (beats->remembered > 0) {
        float middle = median(beats->good, beats->remembered);
        float away = interval > middle ? interval - middle : middle - interval;
        if (away > near_share * middle) {
            if (++beats->misfits >= STUBBORN) {
                beats->remembered = beats->misfits = 0;
            }
            return false;
        }
    }
    beats->misfits = 0;
    if (beats->remembered == SK_BEATS_REMEMBERED) {
        memmove(beats->good, beats->good + 1, (SK_BEATS_REMEMBERED - 1) * sizeof beats->good[0]);
        beats->remembered--;
    }
    beats->good[beats->remembered++] = interval;
    return true;
}

/* The heart rate of the beats that were found. */
static bool follow(sk_beats_t *beats, float *bpm)
{
    float total = 0.0f;
    int32_t fitting = 0, all = 0;
    for (int32_t i = 0; i < beats->found_count; i++) {
        float interval = beats->found[i] - beats->before;
        bool chained = beats->chained;
        beats->before = beats->found[i];
        beats->chained = true;
        all += chained;
        if (chained && fits(beats, interval)) {
            total += interval;
            fitting++;
        }
    }
    if (fitting < FEWEST_INTERVALS || (float)fitting < fitting_share * (float)all) {
        return false;
    }
    *bpm = 60000.0f * (float)fitting / total;
    return true;
}

static bool judge_window(sk_beats_t *beats, float *bpm)
{
    bool found = false;
    memcpy(beats->level, beats->wave, sizeof beats->level);
    if (bridge(beats)) {
        beats->found_ms = (beats->index - SK_BEATS_WINDOW) * SK_BEATS_STEP_MS;
        if (detrend(beats->level)) {
            find(beats);
        }
        found = follow(beats, bpm);
    } else {
        beats->chained = false;
    }
    beats->before -= SK_BEATS_HOP * SK_BEATS_STEP_MS;
    beats->count = SK_BEATS_WINDOW - SK_BEATS_HOP;
    memmove(beats->wave, beats->wave + SK_BEATS_HOP, (size_t)beats->count * sizeof beats->wave[0]);
    memmove(beats->known, beats->known + SK_BEATS_HOP, (size_t)beats->count);
    return found;
}

/* The older of the two open points is complete. */
static bool complete_point(sk_beats_t *beats, float *bpm)
{
    bool known = beats->weight[0] > least_weight;
    beats->wave[beats->count] = known ? beats->total[0] / beats->weight[0] : 0.0f;
    beats->known[beats->count++] = known;
    beats->weight[0] = beats->weight[1];
    beats->total[0] = beats->total[1];
    beats->weight[1] = beats->total[1] = 0.0f;
    beats->index++;
    return beats->count == SK_BEATS_WINDOW && judge_window(beats, bpm);
}

static void begin(sk_beats_t *beats, int64_t index)
{
    beats->begun = true;
    beats->index = index;
    beats->count = 0;
    beats->chained = false;
    beats->weight[0] = beats->weight[1] = beats->total[0] = beats->total[1] = 0.0f;
}

bool sk_beats_push(sk_beats_t *beats, int64_t time_ms, float value, float *bpm)
{
    int64_t index = time_ms / SK_BEATS_STEP_MS - (time_ms % SK_BEATS_STEP_MS < 0);
    bool found = false;
    beats->found_count = 0;
    if (!beats->begun || index < beats->index || index - beats->index > SK_BEATS_WINDOW) {
        begin(beats, index);
    }
    while (beats->index < index) {
        found |= complete_point(beats, bpm);
    }
    float after = (float)(time_ms - index * SK_BEATS_STEP_MS) / (float)SK_BEATS_STEP_MS;
    beats->weight[0] += 1.0f - after;
    beats->total[0] += (1.0f - after) * value;
    beats->weight[1] += after;
    beats->total[1] += after * value;
    return found;
}

void sk_beats_clock_moved(sk_beats_t *beats, int64_t delta_ms)
{
    /* The grid lies on the clock; what a step does not divide is lost, as in a gap. */
    if (delta_ms % SK_BEATS_STEP_MS == 0) {
        beats->index += delta_ms / SK_BEATS_STEP_MS;
    } else {
        beats->begun = false;
    }
}
