"""sktools: sleep-stage networks from wrist recordings to a measured microcontroller."""

__version__ = "0.1.0"
