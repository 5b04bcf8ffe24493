"""Block-quantised weights become the numbers that they represent."""

import numpy as np

from vectorizer.packs.folding import dequantize


def test_each_block_has_its_scale():
    quantized = np.array([[1, 2, 3, 4, 5]], np.int8)
    scale = np.array([[0.5, 2.0, 10.0]], np.float32)
    zero = np.array([[0, 1, 0]], np.int8)
    assert dequantize(quantized, scale, zero, axis=1, block_size=2).tolist() == [[0.5, 1.0, 4.0, 6.0, 50.0]]


def test_a_scalar_scale_ignores_the_block_size():
    quantized = np.array([[-3, 3]], np.int8)
    scalar = dequantize(quantized, np.array(0.5, np.float32), np.array(1, np.int8), axis=1, block_size=64)
    assert scalar.tolist() == [[-2.0, 1.0]]
