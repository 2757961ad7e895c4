"""TensorFlow's process-wide settings: few threads, no GPU, the same numbers at every run."""

from __future__ import annotations

import importlib.util
import os

from sktools.errors import MissingError

THREADS = 2


def require_tensorflow() -> None:
    """Raises MissingError where the `train` extra is not installed; imports nothing."""
    if importlib.util.find_spec("tensorflow") is None:
        raise MissingError("TensorFlow is not installed; training needs it", "pip install 'sktools[train]'")


def prepare_tensorflow(seed: int) -> None:
    """Import TensorFlow quietly, on the CPU, with deterministic operators, and seed Python, NumPy and Keras."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    import keras
    import tensorflow as tf

    # Threads can be set only before the first operation; a later call in one process keeps what is set.
    try:
        tf.config.threading.set_intra_op_parallelism_threads(THREADS)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        pass
    tf.config.experimental.enable_op_determinism()
    keras.utils.set_random_seed(seed)
