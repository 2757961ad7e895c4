/*
 * The face of a compiled model. The generated model.c defines `sk_model`; the serial server, the C library
 * and the host build know nothing else of it.
 *
 * A layer is one operator of the .tflite. A step is one timed call; it computes one layer, or several fused ones.
 */
#ifndef SK_MODEL_H
#define SK_MODEL_H

#include <stdint.h>

typedef struct {
    const char *name;      /* "B1.1/depthwise" */
    const char *block;     /* "B1.1" */
    const char *op;        /* "DEPTHWISE_CONV_2D" */
    uint32_t macs;
    uint16_t step;         /* the step that computes it */
    const int8_t *output;  /* its activation right after that step; NULL: not observable */
    uint32_t output_bytes; /* 0: not observable */
} sk_layer_t;

typedef struct {
    void (*run)(void);
    uint16_t layer; /* the layer whose activation stands in memory afterwards; SK_NO_LAYER: none */
} sk_step_t;

#define SK_NO_LAYER 0xFFFFu

typedef struct {
    const char *name;
    const char *contract;
    uint8_t sha256[32]; /* of the .tflite */
    int8_t *input;
    uint32_t input_bytes;
    int8_t *output;
    uint32_t output_bytes;
    uint8_t *arena;
    uint32_t arena_bytes;
    uint16_t layer_count;
    uint16_t step_count;
    const sk_layer_t *layers;
    const sk_step_t *steps;
} sk_model_t;

extern const sk_model_t sk_model;

#endif
