/*
 * FS-WATCH-14 in C: the features of an epoch from heart rates, activity counts and the time since bedtime. The twin of
 * sktools/features/fs_watch_14.py, which defines them; state of fixed size, and no look-ahead.
 */
#ifndef SK_WATCH_H
#define SK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SK_WATCH_FEATURES = 14,
    SK_WATCH_COUNTS_LATE = 4, /* epochs: a count may look two minutes ahead, so it is read this late */
    SK_WATCH_MEANS = 7,
    SK_WATCH_LEVELS = 256,
    SK_WATCH_OLDEST_MS = 60000 /* a heart rate holds this long */
};

/* How features are brought to a mean of 0 and a standard deviation of 1. */
typedef struct {
    float mean[SK_WATCH_FEATURES];
    float std[SK_WATCH_FEATURES];
    float epochs;   /* that mean and std count for beside the night's own; 0: the night does not count */
    uint16_t fixed; /* bits of features for which the night never counts */
} sk_watch_normal_t;

typedef struct {
    /* heart rate: the open epoch */
    float last_bpm;
    int32_t last_ms; /* since the open epoch's start */
    int32_t steps;   /* that are over, each 5 s */
    int32_t known;   /* of them with a heart rate */
    float sum;
    /* heart rate: the night */
    bool following;
    float means[SK_WATCH_MEANS];
    float variance, step_1min, step_10min, power, previous;
    uint16_t histogram[SK_WATCH_LEVELS];
    int32_t epochs;
    /* counts, the newest first; bit i of `counted`: counts[i] is known */
    float counts[SK_WATCH_COUNTS_LATE + 1];
    uint8_t counted;
    float count_mean;
    int32_t still;
    /* running statistics: rows, sums of differences from the prior's mean, and of their squares */
    int32_t rows[SK_WATCH_FEATURES];
    float first[SK_WATCH_FEATURES], second[SK_WATCH_FEATURES];
} sk_watch_t;

void sk_watch_init(sk_watch_t *watch);

/* after_ms: since the open epoch's start, below 30000; negative for a heart rate from before epoch 0. */
void sk_watch_heart_rate(sk_watch_t *watch, int32_t after_ms, float bpm);

/* The open epoch's count. */
void sk_watch_count(sk_watch_t *watch, float count);

/* The count of the epoch SK_WATCH_COUNTS_LATE before the open one, which is read when the open epoch ends. */
void sk_watch_late_count(sk_watch_t *watch, float count);

/*
 * Ends the open epoch: its row, 0 where a feature is masked. hours: from bedtime to the epoch's start. Returns the bits of the
 * features that are valid.
 */
uint16_t sk_watch_close(sk_watch_t *watch, bool hours_known, float hours, float *row);

/* Normalises a row and lets it count for those after it. Masked features become 0. */
void sk_watch_normalise(sk_watch_t *watch, const sk_watch_normal_t *normal, float clip, uint16_t valid,
                        const float *row, float *normalised);

#ifdef __cplusplus
}
#endif

#endif
