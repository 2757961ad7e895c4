#ifndef NS_CORE
#define NS_CORE

#include "am_bsp.h"

#define NS_STATUS_SUCCESS 0

typedef struct {
    uint32_t apiId;
} ns_core_api_t;

typedef struct {
    const ns_core_api_t *api;
} ns_core_config_t;

extern const ns_core_api_t ns_core_V1_0_0;

uint32_t ns_core_init(ns_core_config_t *c);

#endif
