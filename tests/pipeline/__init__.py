"""Tests of sktools.pipeline, and of what `import sktools` offers."""
