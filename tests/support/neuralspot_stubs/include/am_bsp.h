#ifndef AM_BSP_H
#define AM_BSP_H

#include "am_mcu_apollo.h"

#endif
