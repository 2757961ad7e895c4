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

/* The watchdog: its interrupt is that of QEMU's timer 0. */
typedef enum { WDT_IRQn = 8 } IRQn_Type;

#define STUB_NVIC(offset) (*(volatile uint32_t *)(0xE000E100u + (offset)))
static inline void NVIC_EnableIRQ(IRQn_Type number)
{
    STUB_NVIC(0x000u) = 1u << number;
}
static inline void NVIC_ClearPendingIRQ(IRQn_Type number)
{
    STUB_NVIC(0x180u) = 1u << number;
}

#ifdef AM_PART_APOLLO3P /* AmbiqSuite 3 */

#define AM_HAL_WDT_LFRC_CLK_16HZ (2u << 24)
#define AM_HAL_WDT_ENABLE_RESET (1u << 2)
#define AM_HAL_WDT_DISABLE_RESET 0u
#define AM_HAL_WDT_ENABLE_INTERRUPT (1u << 1)

typedef struct {
    uint32_t ui32Config;
    uint16_t ui16InterruptCount;
    uint16_t ui16ResetCount;
} am_hal_wdt_config_t;

void am_hal_wdt_init(const am_hal_wdt_config_t *psConfig);
void am_hal_wdt_start(void);
void am_hal_wdt_halt(void);
void am_hal_wdt_int_enable(void);
void am_hal_wdt_int_clear(void);
void stub_wdt_restart(void);
#define am_hal_wdt_restart() stub_wdt_restart()

#else /* AmbiqSuite 4 */

#define AM_HAL_WDT_INTERRUPT_MCU 1u

typedef enum { AM_HAL_WDT_MCU, AM_HAL_WDT_DSP0, AM_HAL_WDT_DSP1 } am_hal_wdt_select_e;

typedef enum {
    AM_HAL_WDT_OFF,
    AM_HAL_WDT_128HZ,
    AM_HAL_WDT_16HZ,
    AM_HAL_WDT_1HZ,
    AM_HAL_WDT_1_16HZ
} am_hal_wdt_clock_select_e;

typedef struct {
    am_hal_wdt_clock_select_e eClockSource;
    bool bInterruptEnable;
    uint32_t ui32InterruptValue;
    bool bResetEnable;
    uint32_t ui32ResetValue;
    bool bAlertOnDSPReset;
} am_hal_wdt_config_t;

uint32_t am_hal_wdt_config(am_hal_wdt_select_e eTimer, void *pvConfig);
uint32_t am_hal_wdt_start(am_hal_wdt_select_e eTimer, bool bLock);
uint32_t am_hal_wdt_stop(am_hal_wdt_select_e eTimer);
uint32_t am_hal_wdt_restart(am_hal_wdt_select_e eTimer);
uint32_t am_hal_wdt_interrupt_enable(am_hal_wdt_select_e eTimer, uint32_t ui32InterruptMask);
uint32_t am_hal_wdt_interrupt_clear(am_hal_wdt_select_e eTimer, uint32_t ui32InterruptMask);

#endif

#endif
