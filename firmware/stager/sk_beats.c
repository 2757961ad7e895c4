#include "sk_beats.h"

#include <string.h>

#include "sk_math.h"

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

/* Whether every point of the window is known, four at a time. */
static bool is_whole(const sk_beats_t *beats)
{
    uint32_t all = 0x01010101u, four;
    for (int32_t i = 0; i < SK_BEATS_WINDOW; i += 4) {
        memcpy(&four, beats->known + i, sizeof four);
        all &= four;
    }
    return all == 0x01010101u;
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
    float sum = 0.0f, away = -middle;
    for (int32_t i = 0; i < SK_BEATS_WINDOW; i++, away += 1.0f) {
        float size = level[i] < 0.0f ? -level[i] : level[i];
        largest = size > largest ? size : largest;
        level[i] -= reference; /* a large mean would cost digits */
        sum += away * level[i];
    }
    float slope = sum / squares;
    away = -middle;
    for (int32_t i = 0; i < SK_BEATS_WINDOW; i++, away += 1.0f) {
        level[i] -= slope * away;
        least = i == 0 || level[i] < least ? level[i] : least;
        most = i == 0 || level[i] > most ? level[i] : most;
    }
    return most - least >= least_swing * largest;
}

/* The bits of a float order as the float does, but for the sign. Halved, so that no difference overflows. */
static void order(sk_beats_t *beats)
{
    for (int32_t i = 0; i < SK_BEATS_WINDOW; i++) {
        int32_t bits = (int32_t)sk_bits(beats->level[i]);
        int32_t ordered = bits < 0 ? (int32_t)(0x80000000u - (uint32_t)bits) : bits;
        beats->order[i] = ordered / 2;
    }
}

static bool is_peak(const int32_t *level, int32_t at, int32_t scale)
{
    return level[at] > level[at - scale] && level[at] > level[at + scale];
}

/* How many peaks a scale has, by the signs of differences: a branch per point would cost more than all the rest. */
static int32_t peaks_of(const int32_t *level, int32_t scale)
{
    uint32_t peaks = 0;
    const int32_t *before = level, *at = level + scale, *behind = level + 2 * scale;
    for (; behind < level + SK_BEATS_WINDOW; before += 4, at += 4, behind += 4) { /* 120 - 2 scale points, an even number */
        peaks += ((uint32_t)(before[0] - at[0]) & (uint32_t)(behind[0] - at[0])) >> 31;
        peaks += ((uint32_t)(before[1] - at[1]) & (uint32_t)(behind[1] - at[1])) >> 31;
        if (behind + 2 == level + SK_BEATS_WINDOW) {
            break;
        }
        peaks += ((uint32_t)(before[2] - at[2]) & (uint32_t)(behind[2] - at[2])) >> 31;
        peaks += ((uint32_t)(before[3] - at[3]) & (uint32_t)(behind[3] - at[3])) >> 31;
    }
    return (int32_t)peaks;
}

/* The scale with the most peaks, the first one if several have. */
static int32_t best_scale(const int32_t *level)
{
    int32_t best = 1, most = -1;
    for (int32_t scale = 1; scale <= LARGEST_SCALE; scale += scale < 3 ? 1 : 2) {
        int32_t peaks = peaks_of(level, scale);
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
    order(beats);
    int32_t largest = best_scale(beats->order);
    for (int32_t i = MARGIN - 1; i <= MARGIN + SK_BEATS_HOP; i++) {
        int32_t scale = 1;
        while (scale <= largest && is_peak(beats->order, i, scale)) {
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

static SK_NOINLINE bool judge_window(sk_beats_t *beats, float *bpm)
{
    bool found = false;
    memcpy(beats->level, beats->wave, sizeof beats->level);
    if (is_whole(beats) || bridge(beats)) {
        beats->found_ms = beats->base_ms - SK_BEATS_WINDOW * SK_BEATS_STEP_MS;
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
    beats->base_ms += SK_BEATS_STEP_MS;
    return beats->count == SK_BEATS_WINDOW && judge_window(beats, bpm);
}

/* The grid lies on whole steps of the clock. */
static void begin(sk_beats_t *beats, int64_t time_ms)
{
    beats->begun = true;
    beats->base_ms = time_ms - (time_ms % SK_BEATS_STEP_MS + SK_BEATS_STEP_MS) % SK_BEATS_STEP_MS;
    beats->count = 0;
    beats->chained = false;
    beats->weight[0] = beats->weight[1] = beats->total[0] = beats->total[1] = 0.0f;
}

bool sk_beats_push(sk_beats_t *beats, int64_t time_ms, float value, float *bpm)
{
    bool found = false;
    beats->found_count = 0;
    int64_t since = time_ms - beats->base_ms; /* a division of 64 bits per sample would cost more than all the rest */
    if (!beats->begun || since < 0 || since >= (SK_BEATS_WINDOW + 1) * SK_BEATS_STEP_MS) {
        begin(beats, time_ms);
        since = time_ms - beats->base_ms;
    }
    int32_t rest = (int32_t)since;
    for (; rest >= SK_BEATS_STEP_MS; rest -= SK_BEATS_STEP_MS) {
        found |= complete_point(beats, bpm);
    }
    float after = (float)rest * (1.0f / SK_BEATS_STEP_MS);
    beats->weight[0] += 1.0f - after;
    beats->total[0] += (1.0f - after) * value;
    beats->weight[1] += after;
    beats->total[1] += after * value;
    return found;
}

void sk_beats_clock_moved(sk_beats_t *beats, int64_t delta_ms)
{
    beats->base_ms += delta_ms;
    beats->found_ms += delta_ms;
}
