"""Tests of sktools.datasets."""
