"""Tests of sktools.features."""
