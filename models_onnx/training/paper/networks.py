"""VGG16, VGG19 and ResNet152V2 without their tops, layer by layer as Keras builds them, so that Keras' weights fit.

Modules carry Keras' layer names. Sources: Simonyan and Zisserman, arXiv 1409.1556; He et al., arXiv 1603.05027;
keras.applications (vgg16, vgg19, resnet_v2) for padding, order and epsilon.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

BN_EPSILON = 1.001e-5  # keras.applications.resnet; PyTorch's default is 1e-5
SIDE = 244  # the paper's input

_VGG = {"vgg16": (2, 2, 3, 3, 3), "vgg19": (2, 2, 4, 4, 4)}
_VGG_WIDTHS = (64, 128, 256, 512, 512)
_RESNET152 = (3, 8, 36, 3)


class VGG(nn.Module):
    """Convolutional part of VGG16/19: (N, 3, H, W), BGR minus means, to (N, 512, H // 32, W // 32)."""

    def __init__(self, depths: tuple[int, ...]) -> None:
        super().__init__()
        self.depths = depths
        channels = 3
        for block, (depth, width) in enumerate(zip(depths, _VGG_WIDTHS, strict=True), 1):
            for conv in range(1, depth + 1):
                self.add_module(f"block{block}_conv{conv}", nn.Conv2d(channels, width, 3, padding=1))
                channels = width
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        for block, depth in enumerate(self.depths, 1):
            for conv in range(1, depth + 1):
                x = torch.relu(self.get_submodule(f"block{block}_conv{conv}")(x))
            x = F.max_pool2d(x, 2, 2)
        return x


class PreactivationBlock(nn.Module):
    """`block2` of keras.applications.resnet: the stride sits in the 3x3 convolution of a stack's *last* block."""

    def __init__(self, inp: int, filters: int, stride: int, conv_shortcut: bool) -> None:
        super().__init__()
        self.stride = stride
        self.preact_bn = nn.BatchNorm2d(inp, eps=BN_EPSILON)
        self.shortcut = nn.Conv2d(inp, 4 * filters, 1, stride) if conv_shortcut else None
        self.conv_1 = nn.Conv2d(inp, filters, 1, bias=False)
        self.bn_1 = nn.BatchNorm2d(filters, eps=BN_EPSILON)
        self.conv_2 = nn.Conv2d(filters, filters, 3, stride, padding=1, bias=False)
        self.bn_2 = nn.BatchNorm2d(filters, eps=BN_EPSILON)
        self.conv_3 = nn.Conv2d(filters, 4 * filters, 1)

    def forward(self, x: Tensor) -> Tensor:
        pre = torch.relu(self.preact_bn(x))
        if self.shortcut is not None:
            kept = self.shortcut(pre)
        else:
            # MaxPooling2D(1, strides): nothing but every second pixel.
            kept = x[:, :, :: self.stride, :: self.stride] if self.stride > 1 else x
        y = torch.relu(self.bn_1(self.conv_1(pre)))
        y = torch.relu(self.bn_2(self.conv_2(y)))
        out: Tensor = kept + self.conv_3(y)
        return out


class ResNetV2(nn.Module):
    """Convolutional part of ResNet152V2: (N, 3, H, W), x / 127.5 - 1, to (N, 2048, H / 32, W / 32) rounded up."""

    def __init__(self, depths: tuple[int, ...] = _RESNET152) -> None:
        super().__init__()
        self.conv1_conv = nn.Conv2d(3, 64, 7, 2, padding=3)
        channels = 64
        self.blocks = nn.ModuleDict()
        for stack, depth in enumerate(depths, 2):
            filters = 64 * 2 ** (stack - 2)
            for block in range(1, depth + 1):
                stride = 2 if block == depth and stack < 1 + len(depths) else 1
                name = f"conv{stack}_block{block}"
                self.blocks[name] = PreactivationBlock(channels, filters, stride, conv_shortcut=block == 1)
                channels = 4 * filters
        self.post_bn = nn.BatchNorm2d(channels, eps=BN_EPSILON)
        self.channels = channels

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv1_conv(x)
        # Keras pads with zeros, which are part of the maximum; PyTorch's own padding is minus infinity.
        x = F.max_pool2d(F.pad(x, (1, 1, 1, 1)), 3, 2)
        for block in self.blocks.values():
            x = block(x)
        return torch.relu(self.post_bn(x))


_IN_BLOCK = {
    "preact_bn": "preact_bn",
    "shortcut": "0_conv",
    "conv_1": "1_conv",
    "bn_1": "1_bn",
    "conv_2": "2_conv",
    "bn_2": "2_bn",
    "conv_3": "3_conv",
}


def keras_name(module: str) -> str:
    """Keras' name of a layer, from the module's own path, e.g. ``blocks.conv2_block1.shortcut``."""
    parts = module.split(".")
    return f"{parts[1]}_{_IN_BLOCK[parts[2]]}" if parts[0] == "blocks" else parts[0]


class Head(nn.Module):
    """The backbone's map, flattened in Keras' order (rows, columns, channels) or averaged, dense layers, one logit."""

    def __init__(
        self, channels: int, side: int, dense: tuple[int, ...], pooling: str, dropout: float = 0.3
    ) -> None:
        super().__init__()
        self.pooling = pooling
        width = channels if pooling == "average" else channels * side * side
        layers: list[nn.Module] = []
        for units in dense:
            layers += [nn.Linear(width, units), nn.ReLU(), nn.Dropout(dropout)]
            width = units
        layers.append(nn.Linear(width, 1))
        self.dense = nn.Sequential(*layers)

    def forward(self, maps: Tensor) -> Tensor:
        flat = maps.mean((2, 3)) if self.pooling == "average" else maps.permute(0, 2, 3, 1).flatten(1)
        logit: Tensor = self.dense(flat)
        return logit


class Classifier(nn.Module):
    """One of the four models: frozen backbone and head; (N, 3, 244, 244) to one logit (N, 1)."""

    def __init__(self, backbone: nn.Module, head: Head) -> None:
        super().__init__()
        self.backbone, self.head = backbone, head

    def forward(self, film: Tensor) -> Tensor:
        logit: Tensor = self.head(self.backbone(film))
        return logit


@dataclass(frozen=True)
class Backbone:
    """A backbone by name: its last preprocessing step (`imaging.preprocess`), channels and side of its map."""

    name: str
    step: str
    channels: int
    side: int

    def build(self) -> nn.Module:
        """The network with random weights, in evaluation mode, frozen."""
        made: nn.Module = VGG(_VGG[self.name]) if self.name in _VGG else ResNetV2()
        return made.eval().requires_grad_(False)

    @property
    def steps(self) -> list[dict[str, object]]:
        """The paper's preprocessing, as the manifest names it."""
        return [
            {"step": "equalize_histogram"},
            {"step": "squeeze", "height": SIDE, "width": SIDE},
            {"step": self.step},
        ]


BACKBONES = {
    "vgg16": Backbone("vgg16", "vgg_caffe", 512, 7),
    "vgg19": Backbone("vgg19", "vgg_caffe", 512, 7),
    "resnet152v2": Backbone("resnet152v2", "resnet_v2", 2048, 8),
}
