#ifndef AM_MCU_APOLLO_H
#define AM_MCU_APOLLO_H

#include <stdbool.h>
#include <stdint.h>

/* CMSIS names. */
typedef struct {
    volatile uint32_t CTRL, CYCCNT;
} DWT_Type;
typedef struct {
    volatile uint32_t DEMCR;
} CoreDebug_Type;
typedef struct {
    volatile uint32_t SHCSR;
} SCB_Type;

DWT_Type *stub_dwt(void);
#define DWT (stub_dwt())
extern CoreDebug_Type stub_core_debug; /* QEMU has no such register */
#define CoreDebug (&stub_core_debug)
#define SCB ((SCB_Type *)0xE000ED24u)
#define CoreDebug_DEMCR_TRCENA_Msk (1u << 24)
#define DWT_CTRL_CYCCNTENA_Msk 1u
#define SCB_SHCSR_MEMFAULTENA_Msk (1u << 16)
#define SCB_SHCSR_BUSFAULTENA_Msk (1u << 17)
#define SCB_SHCSR_USGFAULTENA_Msk (1u << 18)

/* AmbiqSuite HAL. */
#define AM_HAL_STATUS_SUCCESS 0
#define AM_HAL_UART_INT_RX_TMOUT (1u << 6)
#define AM_HAL_UART_INT_TX (1u << 5)
#define AM_HAL_UART_INT_RX (1u << 4)

typedef enum {
    AM_HAL_RESET_CONTROL_SWPOR,
    AM_HAL_RESET_CONTROL_SWPOI,
} am_hal_reset_control_e;

typedef struct {
    uint32_t ui32BaudRate;
} am_hal_uart_config_t;

uint32_t am_hal_uart_fifo_read(void *pHandle, uint8_t *pui8Data, uint32_t ui32NumBytes, uint32_t *pui32NumBytesRead);
uint32_t am_hal_uart_fifo_write(void *pHandle, uint8_t *pui8Data, uint32_t ui32NumBytes,
                                uint32_t *pui32NumBytesWritten);
uint32_t am_hal_uart_tx_flush(void *pHandle);
uint32_t am_hal_uart_interrupt_disable(void *pHandle, uint32_t ui32IntMask);
uint32_t am_hal_reset_control(am_hal_reset_control_e eControl, void *pArgs);

#endif
