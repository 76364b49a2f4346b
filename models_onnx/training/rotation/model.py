"""The rotation network: MobileNetV2 features, mean-pooled, two small heads."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from models_onnx.training.backbones import GreyInput, MobileNetV2, load_imagenet

FROZEN_LAYERS = (
    11  # up to stride 16 as ImageNet left it: computed once a film, and hard to overfit to one renderer
)
WARN_DEG = 10.0


class RotationNet(nn.Module):
    """Film (N, 1, H, W) in 0..1 -> logit of "turned over 10 degrees" (N, 1) and |angle| in degrees (N, 1)."""

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        self.grey = GreyInput()
        self.backbone = MobileNetV2()
        if weights is not None:
            load_imagenet(self.backbone, weights)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(1280, 2))

    def train(self, mode: bool = True) -> RotationNet:
        super().train(mode)
        self.backbone.freeze_stem(FROZEN_LAYERS)
        return self

    def stem(self, film: Tensor) -> Tensor:
        """The frozen part: (N, 1, H, W) film to (N, 64, H / 16, W / 16)."""
        x = self.grey(film)
        for layer in self.backbone.features[:FROZEN_LAYERS]:
            x = layer(x)
        return x

    def rest(self, stem: Tensor) -> tuple[Tensor, Tensor]:
        """The trained part, from `stem`'s output."""
        x = stem
        for layer in self.backbone.features[FROZEN_LAYERS:]:
            x = layer(x)
        out: Tensor = self.head(x.mean(dim=(2, 3))).float()
        # Softplus keeps angles positive without a dead zone; 10 degrees is the natural unit.
        return out[:, 0:1], nn.functional.softplus(out[:, 1:2]) * WARN_DEG

    def forward(self, film: Tensor) -> tuple[Tensor, Tensor]:
        return self.rest(self.stem(film))


class ShippedRotation(nn.Module):
    """One or more trained networks as one graph: mean of their outputs on the film and its mirror image.

    Rotation has no handedness on a lateral film, so the mirror image is a free second opinion. ``angle_scale`` and
    ``angle_offset`` are the correction found on real films by patient-wise cross-validation.
    """

    angle_scale: Tensor
    angle_offset: Tensor

    def __init__(
        self, networks: list[RotationNet], angle_scale: float = 1.0, angle_offset: float = 0.0
    ) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)
        self.register_buffer("angle_scale", torch.tensor(angle_scale))
        self.register_buffer("angle_offset", torch.tensor(angle_offset))

    def forward(self, film: Tensor) -> tuple[Tensor, Tensor]:
        pair = torch.cat([film, torch.flip(film, dims=[3])], dim=0)
        logits, angles = [], []
        for network in self.networks:
            logit, angle = network(pair)
            logits.append(logit.mean(dim=0, keepdim=True))
            angles.append(angle.mean(dim=0, keepdim=True))
        logit = torch.stack(logits).mean(dim=0)
        angle = torch.stack(angles).mean(dim=0) * self.angle_scale + self.angle_offset
        return logit, torch.clamp(angle, min=0.0)
