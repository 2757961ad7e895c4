#ifndef NS_POWER
#define NS_POWER

#include "ns_core.h"

typedef enum {
    NS_POWER_MODE_NOT_SET = -1,
    NS_MINIMUM_PERF = 0,
    NS_MEDIUM_PERF = 1,
    NS_MAXIMUM_PERF = 2
} ns_power_mode_e;

typedef struct {
    const ns_core_api_t *api;
    ns_power_mode_e eAIPowerMode;
    bool bNeedSharedSRAM;
    bool bNeedAlternativeUART;
    bool bNeedITM;
} ns_power_config_t;

extern const ns_power_config_t ns_good_default;

uint32_t ns_power_config(const ns_power_config_t *pCfg);

#endif
