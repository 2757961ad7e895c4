/* The features of one epoch, from the heart rates and activity counts of a watch: the C of sktools/features/fs_watch_14.py. */
#ifndef SK_WATCH_H
#define SK_WATCH_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { SK_WATCH_FEATURES = 14, SK_WATCH_COUNTS_LATE = 4 };

/* How features are brought to a mean of 0 and a standard deviation of 1. */
typedef struct {
    float mean[SK_WATCH_FEATURES];
    float std[SK_WATCH_FEATURES];
    float epochs;     /* that mean and std count for beside the night's own; 0: the night does not count */
    uint16_t fixed;   /* bits of features for which the night never counts */
} sk_watch_normal_t;

typedef struct {
    float sum, peak;
    int32_t values;
    float counts[SK_WATCH_COUNTS_LATE + 1];
    uint8_t counted; /* bits of `counts` that are measured; bit 0: the open epoch */
    float seen[SK_WATCH_FEATURES], first[SK_WATCH_FEATURES], second[SK_WATCH_FEATURES];
} sk_watch_t;

void sk_watch_init(sk_watch_t *watch);

/* after_ms: since the open epoch's start, 0 to 29999. */
void sk_watch_heart_rate(sk_watch_t *watch, int32_t after_ms, float bpm);
void sk_watch_count(sk_watch_t *watch, float count);

/* Ends the open epoch: its row, 0 where a feature is masked. Returns the bits of the features that are valid. */
uint16_t sk_watch_close(sk_watch_t *watch, bool hours_known, float hours, float *row);

/* Normalises a row and lets it count for those after it. Masked features become 0. */
void sk_watch_normalise(sk_watch_t *watch, const sk_watch_normal_t *normal, float clip, uint16_t valid,
                        const float *row, float *normalised);

#ifdef __cplusplus
}
#endif

#endif
