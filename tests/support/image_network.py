"""Random two-dimensional networks: strides, padding, dilation, depth multipliers, pools, branches that join again."""

from __future__ import annotations

from tests.support.mixed_network import Mix, Value
from tests.support.tflite_writer import ACTIVATIONS

MOST_SIDE, MOST_CHANNELS = 14, 8


class Image(Mix):
    """Grows a network on [1, height, width, channels]."""

    def __init__(self, seed: int) -> None:
        super().__init__(seed)
        self.writer.tensors.clear()
        shape = (1, self.draw(4, MOST_SIDE), self.draw(4, MOST_SIDE), self.draw(1, MOST_CHANNELS))
        self.values = [self.new(shape, float(self.random.uniform(0.01, 0.1)))]

    def window(self, source: Value, kernel: tuple[int, int], dilation: int) -> tuple[dict[str, int], tuple[int, int]]:
        """Options of a sliding window that fits the image, and the output's height and width."""
        stride = self.draw(1, 2) if dilation == 1 else 1
        reach = [(extent - 1) * dilation + 1 for extent in kernel]
        sides = source.shape[1:3]
        valid = all(extent <= side for extent, side in zip(reach, sides, strict=True)) and self.draw(0, 1)
        produced = tuple(
            -(-(side - extent + 1) // stride) if valid else -(-side // stride)
            for side, extent in zip(sides, reach, strict=True)
        )
        return {"Padding": int(valid), "StrideH": stride, "StrideW": stride}, (produced[0], produced[1])

    def image_convolution(self, source: Value) -> Value:
        kernel, dilation, depthwise = (self.draw(1, 4), self.draw(1, 4)), self.draw(1, 2), self.draw(0, 1)
        options, sides = self.window(source, kernel, dilation)
        options |= {"DilationHFactor": dilation, "DilationWFactor": dilation, "FusedActivationFunction": self.fused()}
        if depthwise:
            multiplier = self.draw(1, 2)
            channels = source.channels * multiplier
            weights, bias, scale = self.weights((1, *kernel, channels), source, 3)
            options["DepthMultiplier"] = multiplier
        else:
            channels = self.draw(1, MOST_CHANNELS)
            weights, bias, scale = self.weights((channels, *kernel, source.channels), source, 0)
        output = self.new((1, *sides, channels), scale)
        operands = (source.index, weights, bias)
        self.writer.operator("DEPTHWISE_CONV_2D" if depthwise else "CONV_2D", operands, output.index, **options)
        return output

    def pool(self, source: Value) -> Value:
        kernel = (self.draw(1, 3), self.draw(1, 3))
        options, sides = self.window(source, kernel, 1)
        output = self.new((1, *sides, source.channels), source.scale, source.zero_point)
        self.writer.operator(
            ("MAX_POOL_2D", "AVERAGE_POOL_2D")[self.draw(0, 1)],
            (source.index,),
            output.index,
            **options,
            FilterHeight=kernel[0],
            FilterWidth=kernel[1],
            FusedActivationFunction=ACTIVATIONS["NONE"],
        )
        return output

    def image_pad(self, source: Value) -> Value:
        amounts = [(0, 0), (self.draw(0, 2), self.draw(0, 2)), (self.draw(0, 2), self.draw(0, 2)), (0, 0)]
        shape = [extent + sum(amount) for extent, amount in zip(source.shape, amounts, strict=True)]
        output = self.new((shape[0], shape[1], shape[2], shape[3]), source.scale, source.zero_point)
        self.writer.operator("PAD", (source.index, self.ints(*amounts)), output.index)
        return output

    def requantized(self, source: Value, like: Value) -> Value:
        output = self.new(source.shape, like.scale, like.zero_point)
        self.writer.operator("QUANTIZE", (source.index,), output.index)
        return output

    def join(self, source: Value) -> Value:
        """Side by side with an earlier activation of the same height and width."""
        others = [value for value in self.values if value.shape[:3] == source.shape[:3]]
        other = self.requantized(others[self.draw(0, len(others) - 1)], source)
        shape = (*source.shape[:3], source.channels + other.channels)
        output = self.new(shape, source.scale, source.zero_point)
        self.writer.operator("CONCATENATION", (source.index, other.index), output.index, Axis=3)
        return output

    def curve(self, source: Value) -> Value:
        output = self.new(source.shape, 1 / 256, -128)
        self.writer.operator("LOGISTIC", (source.index,), output.index)
        return output


def image_network(seed: int) -> bytes:
    """3 to 9 operators; each reads the last activation or, one time in four, an earlier one."""
    image = Image(seed)
    for _ in range(image.draw(3, 9)):
        source = image.values[-1] if image.draw(0, 3) else image.values[image.draw(0, len(image.values) - 1)]
        steps = [image.image_convolution] * 3 + [
            image.pool,
            image.image_pad,
            image.join,
            image.add,
            image.mul,
            image.curve,
        ]
        image.values.append(steps[image.draw(0, len(steps) - 1)](source))
    return image.writer.finish(image.values[0].index, image.values[-1].index)
