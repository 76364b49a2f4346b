"""The lung network: MobileNetV2 encoder, light decoder, and small heads that read the film's edges off its mask.

Input: one squeezed film, grey 0..1 (N, 1, 224, 224). Inside, 16 grey pixels are put around it,
so the mask (64 x 64 cells of 4 pixels) reaches four cells beyond each edge: what the network expects where
the film has ended.
"""

from __future__ import annotations

from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models_onnx.training.backbones import STRIDE_TAPS, GreyInput, MobileNetV2
from models_onnx.training.windows import MARGIN, PAD

WIDTHS = (64, 64, 48, 48)  # decoder channels at strides 32, 16, 8, 4
STRIP = MARGIN + 10  # cells an edge head sees: 4 outside, 10 inside


class Separable(nn.Sequential):
    """Depthwise 3x3, pointwise 1x1, normalised."""

    def __init__(self, inp: int, out: int) -> None:
        super().__init__(
            nn.Conv2d(inp, inp, 3, padding=1, groups=inp, bias=False),
            nn.BatchNorm2d(inp),
            nn.Conv2d(inp, out, 1, bias=False),
            nn.BatchNorm2d(out),
            nn.ReLU(inplace=True),
        )


class LungField(nn.Module):
    """Lung-field logits (N, 1, 64, 64) of a film (N, 1, 224, 224), including the margin beyond it."""

    def __init__(self) -> None:
        super().__init__()
        self.grey = GreyInput()
        self.backbone = MobileNetV2()
        del self.backbone.features[18]  # the 1280-channel layer is for classification
        channels = [c for _, c in STRIDE_TAPS[1:]][::-1]  # strides 32, 16, 8, 4
        self.lateral = nn.ModuleList(
            nn.Sequential(nn.Conv2d(c, w, 1, bias=False), nn.BatchNorm2d(w))
            for c, w in zip(channels, WIDTHS, strict=True)
        )
        self.context = nn.Sequential(
            nn.Linear(channels[0], WIDTHS[0]), nn.ReLU(), nn.Linear(WIDTHS[0], WIDTHS[0])
        )
        self.merge = nn.ModuleList(Separable(a, b) for a, b in pairwise(WIDTHS))
        self.deep = Separable(WIDTHS[0], WIDTHS[0])
        self.last = Separable(WIDTHS[-1], WIDTHS[-1])
        self.out = nn.Conv2d(WIDTHS[-1], 1, 1)

    def forward(self, film: Tensor) -> Tensor:
        x = F.pad(self.grey(film), (PAD, PAD, PAD, PAD))
        taps = self.backbone.taps(x)[1:][::-1]
        x = self.lateral[0](taps[0]) + self.context(taps[0].mean((2, 3)))[:, :, None, None]
        x = self.deep(torch.relu(x))
        for index, merge in enumerate(self.merge):
            x = F.interpolate(merge(x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = torch.relu(x + self.lateral[index + 1](taps[index + 1]))
        logits: Tensor = self.out(self.last(x))
        return logits


class EdgeReader(nn.Module):
    """Four edge logits (N, 4: left, right, top, bottom) and one any-edge logit (N, 1) from the mask's
    border strips."""

    def __init__(self) -> None:
        super().__init__()
        self.strips = nn.ModuleList(_Strip() for _ in range(3))  # side, top, bottom
        self.any_scale = nn.Parameter(torch.tensor(1.0))
        self.any_bias = nn.Parameter(torch.tensor(0.0))

    def forward(self, mask: Tensor) -> tuple[Tensor, Tensor]:
        # Each strip: (N, depth from outside to inside, position along the edge).
        rows = mask[:, 0]
        left = rows[:, :, :STRIP].transpose(1, 2)
        right = rows[:, :, -STRIP:].flip(2).transpose(1, 2)
        top = rows[:, :STRIP, :]
        bottom = rows[:, -STRIP:, :].flip(1)
        side, upper, lower = self.strips
        edges = torch.cat([side(left), side(right), upper(top), lower(bottom)], dim=1)
        return edges, self.any_scale * torch.logsumexp(edges, dim=1, keepdim=True) + self.any_bias


class _Strip(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Conv1d(2 * STRIP, 24, 5, padding=2),
            nn.ReLU(),
            nn.Conv1d(24, 24, 5, padding=2, dilation=1),
            nn.ReLU(),
        )
        self.out = nn.Sequential(nn.Dropout(0.1), nn.Linear(48, 16), nn.ReLU(), nn.Linear(16, 1))

    def forward(self, strip: Tensor) -> Tensor:
        x = self.conv(torch.cat([torch.sigmoid(strip), torch.clamp(strip, -8.0, 8.0) / 8.0], dim=1))
        logit: Tensor = self.out(torch.cat([x.amax(2), x.mean(2)], dim=1))
        return logit


class LungCascade(nn.Module):
    """What is shipped: mask of the film alone, each projection's edge readings, lung beyond the edges."""

    def __init__(self, field: LungField, frontal: EdgeReader, lateral: EdgeReader) -> None:
        super().__init__()
        self.field, self.frontal, self.lateral = field, frontal, lateral

    def forward(self, film: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:
        logits = self.field(film)
        frontal_edges, frontal_any = self.frontal(logits)
        lateral_edges, lateral_any = self.lateral(logits)
        inner = logits[:, :, MARGIN:-MARGIN, MARGIN:-MARGIN]
        mask = F.interpolate(inner, scale_factor=2.0, mode="bilinear", align_corners=False)
        return frontal_any, frontal_edges, lateral_any, lateral_edges, mask, beyond(logits)


def beyond(logits: Tensor) -> Tensor:
    """How far lung goes on beyond each edge (N, 4: left, right, top, bottom), in fractions of the film's side.

    The expected depth of lung in the margin, where it is deepest over three neighbouring cells; at most MARGIN cells
    (0.071 of the side).
    """
    lung = torch.sigmoid(logits)[:, 0]
    inner = slice(MARGIN, -MARGIN)
    depths = (
        lung[:, inner, :MARGIN].sum(2),
        lung[:, inner, -MARGIN:].sum(2),
        lung[:, :MARGIN, inner].sum(1),
        lung[:, -MARGIN:, inner].sum(1),
    )
    deepest = [F.avg_pool1d(d[:, None], 3, 1).amax(2) for d in depths]
    return torch.cat(deepest, dim=1) / (logits.shape[-1] - 2 * MARGIN)
