"""Files of sktools.firmware, read with importlib.resources.files("sktools.firmware")."""
