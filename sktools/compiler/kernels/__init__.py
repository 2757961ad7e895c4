"""Kernels as the compiler sees them: when each one applies, its tables, and its call in C.

arithmetic/: what they share. plain/: one kernel per operator, for every shape. fast/: the others; they compete with
the plain kernel by measured cycles, or by rank if a shape was never measured. fusions.py: the order in which those that
compute several operators are tried.
"""
