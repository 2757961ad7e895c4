/*
 * Activity counts of wrist acceleration of any rate from 25 to 104 Hz: the twin of sktools/features/motion_counts.py, which
 * defines them. The count of an epoch is complete four epochs later.
 */
#ifndef SK_MOTION_H
#define SK_MOTION_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    SK_MOTION_SECTIONS = 5,
    SK_MOTION_POINTS = 50, /* per second */
    SK_MOTION_BINS = 18,      /* of 15 s: what an epoch's count is made of, and the two of the open epoch */
    SK_MOTION_EPOCHS_LATE = 4
};

typedef struct {
    bool begun;
    int32_t last_ms; /* of the newest sample, since the open epoch's start */
    int32_t next_ms; /* of the next grid point */
    float last, reference;
    float state[SK_MOTION_SECTIONS][2];
    /* the second that the newest grid point lies in, since the open epoch's start, and its points, not filtered yet */
    int32_t second, second_end_ms;
    int32_t count;
    float points[SK_MOTION_POINTS];
    /* the open epoch's two bins: seconds measured, steps */
    int32_t seconds[2];
    float steps[2];
    float bins[SK_MOTION_BINS]; /* counts of 15 s, the oldest first; negative: not measured */
} sk_motion_t;

void sk_motion_init(sk_motion_t *motion);

/* The z axis in g. after_ms: since the open epoch's start; must not fall. */
void sk_motion_push(sk_motion_t *motion, int32_t after_ms, float z);

/* Ends the open epoch. True: *count is that of the epoch SK_MOTION_EPOCHS_LATE before it. */
bool sk_motion_close(sk_motion_t *motion, float *count);

#ifdef __cplusplus
}
#endif

#endif
