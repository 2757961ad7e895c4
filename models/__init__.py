"""Files of sktools.models, read with importlib.resources.files("sktools.models")."""
