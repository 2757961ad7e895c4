"""Tests of sktools.metrics."""
