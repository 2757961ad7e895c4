"""Tests of sktools.training."""
