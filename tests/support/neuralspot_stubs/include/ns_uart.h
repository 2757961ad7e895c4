#ifndef NS_UART
#define NS_UART

#include "ns_core.h"

typedef void *ns_uart_handle_t;

typedef struct {
    const ns_core_api_t *api;
    am_hal_uart_config_t *uart_config;
    bool tx_blocking;
    bool rx_blocking;
} ns_uart_config_t;

extern const ns_core_api_t ns_uart_V0_0_1;
extern am_hal_uart_config_t g_sUartConfig;
extern ns_uart_handle_t phUART;

uint32_t ns_uart_init(ns_uart_config_t *cfg, ns_uart_handle_t *h);

#endif
