#ifndef NS_I2C
#define NS_I2C

#include <stddef.h>
#include <stdint.h>

typedef struct {
    int8_t iom;
    void *iomHandle;
} ns_i2c_config_t;

uint32_t ns_i2c_interface_init(ns_i2c_config_t *cfg, uint32_t speed);
uint32_t ns_i2c_read(ns_i2c_config_t *cfg, const void *buf, uint32_t size, uint16_t addr);
uint32_t ns_i2c_write(ns_i2c_config_t *cfg, const void *buf, uint32_t size, uint16_t addr);
uint32_t ns_i2c_write_read(ns_i2c_config_t *cfg, uint16_t addr, const void *writeBuf, size_t numWrite, void *readBuf,
                           size_t numRead);

#endif
