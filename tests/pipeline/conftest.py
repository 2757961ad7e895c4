"""The small network and the working folder of the command line's tests."""

from tests.cli.conftest import tiny_network, workspace

__all__ = ["tiny_network", "workspace"]
