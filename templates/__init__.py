"""Files of sktools.templates, read with importlib.resources.files("sktools.templates")."""
