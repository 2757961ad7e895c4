"""A run as a library: the functions that `import sktools` offers, and the one list of a run's stages."""
