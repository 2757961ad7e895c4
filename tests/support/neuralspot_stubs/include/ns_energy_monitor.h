#ifndef NS_ENERGY_MON
#define NS_ENERGY_MON

#include "ns_core.h"

#define NS_IDLE 0
#define NS_INFERING 3

void ns_init_power_monitor_state(void);
void ns_set_power_monitor_state(uint8_t state);

#endif
