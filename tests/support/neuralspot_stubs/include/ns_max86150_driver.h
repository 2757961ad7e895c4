#ifndef NS_MAX86150_H
#define NS_MAX86150_H

#include <stddef.h>
#include <stdint.h>

typedef enum { Max86150SlotOff = 0, Max86150SlotPpgLed1 = 1, Max86150SlotPpgLed2 = 2 } max86150_slot_type;

typedef struct {
    uint32_t addr;
    int (*i2c_write_read)(uint16_t addr, const void *write_buf, size_t num_write, void *read_buf, size_t num_read);
    int (*i2c_read)(const void *buf, uint32_t num_bytes, uint16_t addr);
    int (*i2c_write)(const void *buf, uint32_t num_bytes, uint16_t addr);
} max86150_context_t;

void max86150_powerup(const max86150_context_t *ctx);
void max86150_reset(const max86150_context_t *ctx);
void max86150_set_fifo_slots(const max86150_context_t *ctx, max86150_slot_type *slots);
void max86150_set_almost_full_rollover(const max86150_context_t *ctx, uint8_t enable);
void max86150_set_fifo_enable(const max86150_context_t *ctx, uint8_t enable);
void max86150_set_ppg_adc_range(const max86150_context_t *ctx, uint8_t range);
void max86150_set_ppg_sample_rate(const max86150_context_t *ctx, uint8_t value);
void max86150_set_ppg_pulse_width(const max86150_context_t *ctx, uint8_t value);
void max86150_set_ppg_sample_average(const max86150_context_t *ctx, uint8_t value);
void max86150_set_led_pulse_amplitude(const max86150_context_t *ctx, uint8_t led, uint8_t value);
uint32_t max86150_read_fifo_samples(const max86150_context_t *ctx, uint32_t *buffer, max86150_slot_type *slots,
                                    uint8_t numSlots);

#endif
