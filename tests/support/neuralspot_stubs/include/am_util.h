#ifndef AM_UTIL_H
#define AM_UTIL_H

#include "am_mcu_apollo.h"

#endif
