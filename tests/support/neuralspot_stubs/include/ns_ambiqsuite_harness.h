#ifndef NS_HARNESS
#define NS_HARNESS

#include <stdint.h>

void ns_itm_printf_enable(void);
uint32_t ns_lp_printf(const char *format, ...);

#endif
