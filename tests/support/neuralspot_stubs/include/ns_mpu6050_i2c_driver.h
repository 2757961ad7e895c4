#ifndef NS_MPU6050
#define NS_MPU6050

#include "ns_i2c.h"

typedef enum { MPU6050_STATUS_SUCCESS = 0, MPU6050_STATUS_ERROR = 1 } mpu6050_status_e;
typedef enum { DLPF_021HZ = 4 } mpu6050_dlpf_cfg_t;
typedef enum { ACCEL_FS_8G = 2 } mpu6050_accel_fs_t;

#define MPU_I2CADDRESS_AD0_LOW 0x68

uint32_t mpu6050_device_reset(ns_i2c_config_t *cfg, uint32_t devAddr);
uint32_t mpu6050_set_sleep(ns_i2c_config_t *cfg, uint32_t devAddr, uint8_t sleep);
uint32_t mpu6050_set_lowpass_filter(ns_i2c_config_t *cfg, uint32_t devAddr, mpu6050_dlpf_cfg_t value);
uint32_t mpu6050_set_accel_full_scale(ns_i2c_config_t *cfg, uint32_t devAddr, mpu6050_accel_fs_t fsr);
uint32_t mpu6050_get_accel_values(ns_i2c_config_t *cfg, uint32_t devAddr, int16_t *x, int16_t *y, int16_t *z);
float mpu6050_accel_to_gravity(int16_t val, mpu6050_accel_fs_t range);

#endif
