/* Reads samples {int64 ms, float value} from stdin; prints beats and heart rates as they are found. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "sk_beats.h"

int main(void)
{
    static sk_beats_t beats;
    memset(&beats, 0xA5, sizeof beats);
    sk_beats_init(&beats);
    printf("bytes %zu\n", sizeof beats);
    unsigned char record[12];
    while (fread(record, sizeof record, 1, stdin) == 1) {
        int64_t time;
        float value, bpm = 0.0f;
        memcpy(&time, record, sizeof time);
        memcpy(&value, record + sizeof time, sizeof value);
        bool found = sk_beats_push(&beats, time, value, &bpm);
        for (int i = 0; i < beats.found_count; i++) {
            printf("beat %.3f\n", (double)beats.found_ms + (double)beats.found[i]);
        }
        if (found) {
            printf("rate %" PRId64 " %.9g\n", time, (double)bpm);
        }
    }
    return 0;
}
