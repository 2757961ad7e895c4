/* Does what lines on stdin say with a stager, and prints what it answers. The network copies one feature of each row. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sk_stager.h"

enum { CLASSES = 3, COUNTS_LOG = 10 };

static int8_t input[SK_STAGER_ROWS * SK_WATCH_FEATURES];
static int8_t output[SK_STAGER_ROWS * CLASSES];
static unsigned runs;

/* Logits of a row: how far its count is above the mean, below it, and 0. */
static void copy(void)
{
    runs++;
    for (int row = 0; row < SK_STAGER_ROWS; row++) {
        int value = input[row * SK_WATCH_FEATURES + COUNTS_LOG];
        output[row * CLASSES] = (int8_t)value;
        output[row * CLASSES + 1] = (int8_t)(value == -128 ? 127 : -value);
        output[row * CLASSES + 2] = 0;
    }
}

static const sk_step_t step = {.run = copy, .layer = SK_NO_LAYER};
static const sk_model_t network = {
    .input = input, .input_bytes = sizeof input, .output = output, .output_bytes = sizeof output, .step_count = 1,
    .steps = &step,
};

#include "model.h"

static const char *const pushed[] = {"taken", "late", "early", "refused"};

static void say_answer(const sk_stager_answer_t *answer)
{
    printf("answered %" PRId32 " %d %u %u", answer->epoch, answer->stage, answer->sensors, answer->delay_epochs);
    for (int i = 0; i < CLASSES; i++) {
        printf(" %.9g", (double)answer->probability[i]);
    }
    printf("\n");
}

int main(void)
{
    static sk_stager_t stager;
    static sk_raw_t raw;
    char line[128], word[16];
    while (fgets(line, sizeof line, stdin) != NULL) {
        int64_t time = 0;
        double value = 0;
        double x = 0, y = 0;
        if (sscanf(line, "%15s %" SCNd64 " %lf %lf %lf", word, &time, &value, &x, &y) < 1) {
            continue;
        }
        sk_stager_answer_t answer;
        if (strcmp(word, "init") == 0) {
            memset(&stager, 0xA5, sizeof stager);
            sk_stager_init(&stager, &stage_model, time);
            printf("bytes %zu\n", sizeof stager);
        } else if (strcmp(word, "raw") == 0) {
            memset(&raw, 0xA5, sizeof raw);
            sk_stager_use_raw(&stager, &raw);
            printf("bytes %zu\n", sizeof raw);
        } else if (strcmp(word, "ppg") == 0) {
            printf("%s\n", pushed[sk_stager_push_ppg(&stager, time, (float)value)]);
        } else if (strcmp(word, "motion") == 0) { /* z, then x and y */
            printf("%s\n", pushed[sk_stager_push_acceleration(&stager, time, (float)x, (float)y, (float)value)]);
        } else if (strcmp(word, "spo2") == 0) {
            printf("%s\n", pushed[sk_stager_push_spo2(&stager, time, (float)value)]);
        } else if (strcmp(word, "bed") == 0) {
            sk_stager_start_of_night(&stager, time);
            printf("bed\n");
        } else if (strcmp(word, "worn") == 0) {
            sk_stager_worn(&stager, time, value != 0);
            printf("worn\n");
        } else if (strcmp(word, "moved") == 0) {
            sk_stager_clock_moved(&stager, time);
            printf("moved\n");
        } else if (strcmp(word, "rate") == 0) {
            printf("%s\n", pushed[sk_stager_push_heart_rate(&stager, time, (float)value)]);
        } else if (strcmp(word, "count") == 0) {
            printf("%s\n", pushed[sk_stager_push_count(&stager, time, (float)value)]);
        } else if (strcmp(word, "row") == 0) {
            printf("row %u", stager.valid);
            for (int i = 0; i < SK_WATCH_FEATURES; i++) {
                printf(" %.9g", (double)stager.row[i]);
            }
            printf("\n");
        } else if (strcmp(word, "quantised") == 0) {
            printf("quantised");
            for (int i = 0; i < SK_WATCH_FEATURES; i++) {
                printf(" %d", stager.ring[(stager.epoch + SK_STAGER_ROWS - 1) % SK_STAGER_ROWS][i]);
            }
            printf("\n");
        } else if (strcmp(word, "runs") == 0) {
            printf("runs %u\n", runs);
        } else if (strcmp(word, "epoch") == 0) {
            switch (sk_stager_epoch(&stager, time, &answer)) {
            case SK_STAGER_WAITING:
                printf("waiting\n");
                break;
            case SK_STAGER_CLOSED:
                printf("closed\n");
                break;
            default:
                say_answer(&answer);
            }
        } else if (strcmp(word, "rest") == 0) {
            if (sk_stager_rest(&stager, &answer)) {
                say_answer(&answer);
            } else {
                printf("none\n");
            }
        }
        fflush(stdout);
    }
    return 0;
}
