"""The field network: which columns and rows of a film were exposed.

A blade is a straight border across the whole film. Pixels see far along their row and column (`Strips`); then columns
and rows are read off means and maxima along them.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

FILM = 224
COUNT = 112  # columns, and rows, that are told apart
COARSE = 28  # side of the map that is learnt beside them


class Told(NamedTuple):
    """Logits: columns and rows exposed, (N, COUNT) each; pixels exposed, (N, 1, COARSE, COARSE)."""

    columns: Tensor
    rows: Tensor
    pixels: Tensor


def _block(inp: int, out: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inp, inp, 3, stride, 1, groups=inp, bias=False),
        nn.BatchNorm2d(inp),
        nn.Conv2d(inp, out, 1, bias=False),
        nn.BatchNorm2d(out),
        nn.ReLU(inplace=True),
    )


class Strips(nn.Module):
    """Adds to every pixel what its whole row and its whole column look like (strip pooling, Hou et al. 2020)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.row, self.column = (
            nn.Conv1d(2 * channels, channels, 3, padding=1),
            nn.Conv1d(2 * channels, channels, 3, padding=1),
        )
        self.mix = nn.Sequential(nn.Conv2d(channels, channels, 1, bias=False), nn.BatchNorm2d(channels))

    def forward(self, x: Tensor) -> Tensor:
        rows = self.row(torch.cat([x.mean(3), x.amax(3)], 1))[:, :, :, None]
        columns = self.column(torch.cat([x.mean(2), x.amax(2)], 1))[:, :, None, :]
        return F.relu(x + self.mix(F.relu(rows + columns)))


class Profile(nn.Module):
    """Features of COUNT columns (or rows) -> one logit each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(channels, 48, 1),
            nn.ReLU(inplace=True),
            nn.Conv1d(48, 48, 7, padding=3),
            nn.ReLU(inplace=True),
            nn.Conv1d(48, 48, 7, padding=9, dilation=3),
            nn.ReLU(inplace=True),
            nn.Conv1d(48, 1, 7, padding=3),
        )

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = self.layers(x)
        return out[:, 0]


class FieldNet(nn.Module):
    """Film (N, 1, FILM, FILM) in 0..1 -> `Told`."""

    def __init__(self) -> None:
        super().__init__()
        self.fine = nn.Sequential(
            nn.Conv2d(1, 16, 5, 2, 2, bias=False),
            nn.BatchNorm2d(16),
            nn.ReLU(inplace=True),
            _block(16, 24),
        )
        self.middle = nn.Sequential(_block(24, 32, 2), _block(32, 32))
        self.coarse = nn.Sequential(_block(32, 48, 2), _block(48, 48), Strips(48), _block(48, 48), Strips(48))
        self.pixels = nn.Conv2d(48, 1, 1)
        features = 2 * (24 + 32 + 48 + 1)
        self.columns, self.rows = Profile(features), Profile(features)

    def forward(self, film: Tensor) -> Told:
        fine = self.fine(film - 0.5)
        middle = self.middle(fine)
        coarse = self.coarse(middle)
        pixels = self.pixels(coarse)
        maps = (fine, middle, coarse, pixels)
        columns, rows = (
            torch.cat(
                [
                    F.interpolate(
                        torch.cat([m.mean(along), m.amax(along)], 1),
                        COUNT,
                        mode="linear",
                        align_corners=False,
                    )
                    for m in maps
                ],
                1,
            )
            for along in (2, 3)
        )
        return Told(self.columns(columns), self.rows(rows), pixels)


class FieldShipped(nn.Module):
    """What the ONNX file holds: the network without the map that only teaches."""

    def __init__(self, network: FieldNet) -> None:
        super().__init__()
        self.network = network

    def forward(self, film: Tensor) -> tuple[Tensor, Tensor]:
        told: Told = self.network(film)
        return told.columns, told.rows
