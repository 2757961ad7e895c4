ifndef PLATFORM
  $(error PLATFORM is not set)
endif
ifndef AS_VERSION
  $(error AS_VERSION is not set)
endif
ifneq ($(AUTODEPLOY),1)
  $(error applications outside the SDK need AUTODEPLOY=1)
endif
PART := $(firstword $(subst _, ,$(PLATFORM)))
EVB := $(patsubst $(PART)_%,%,$(PLATFORM))
BINDIRROOT := build
BINDIR := $(BINDIRROOT)/$(PART)_$(EVB)/arm-none-eabi
STACK_SIZE_IN_32B_WORDS ?= 4096
TCM_ORIGIN ?= 0x10000000
SRAM_ORIGIN ?= 0x10060000
