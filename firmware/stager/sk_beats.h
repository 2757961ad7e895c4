/*
 * Heartbeats of a pulse wave of any rate from 25 to 128 Hz, and the heart rate between them: the twin of
 * sktools/features/beats.py, which defines it. A heart rate comes every 4 s, at most 5 s after its beats.
 */
#ifndef SK_BEATS_H
#define SK_BEATS_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SK_BEATS_STEP_MS = 50,
    SK_BEATS_WINDOW = 120, /* grid points */
    SK_BEATS_HOP = 80,
    SK_BEATS_FOUND_MAX = 40,
    SK_BEATS_REMEMBERED = 5
};

typedef struct {
    /* the grid: the two points that samples count for at the moment, and those that are complete */
    bool begun;
    int64_t base_ms; /* of the older of the two */
    float weight[2], total[2];
    int32_t count;
    float wave[SK_BEATS_WINDOW];
    uint8_t known[SK_BEATS_WINDOW];
    /* intervals: the beat before, in ms from the window's start, and the newest good intervals, the oldest first */
    bool chained;
    float before;
    float good[SK_BEATS_REMEMBERED];
    int32_t remembered;
    int32_t misfits;
    /* the newest window's beats, in ms from found_ms */
    int64_t found_ms;
    int32_t found_count;
    float found[SK_BEATS_FOUND_MAX];
    float level[SK_BEATS_WINDOW];   /* scratch: the window without its trend */
    int32_t order[SK_BEATS_WINDOW]; /* scratch: whole numbers that order as the levels do */
} sk_beats_t;

void sk_beats_init(sk_beats_t *beats);

/*
 * A sample; times must not fall. True: *bpm is a heart rate that became known with it. `found` holds the beats of a window
 * if one was complete with it, else found_count is 0. A gap of more than 6 s begins anew.
 */
bool sk_beats_push(sk_beats_t *beats, int64_t time_ms, float value, float *bpm);

/* The clock was set: times from now on are later by this. */
void sk_beats_clock_moved(sk_beats_t *beats, int64_t delta_ms);

#ifdef __cplusplus
}
#endif

#endif
