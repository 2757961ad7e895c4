"""Arithmetic that several kernels share: requantizers, lines, gates, tiles, streams, windows. It knows no operator.

A module here belongs to the C file of the same name in firmware/kernels/, if there is one.
"""
