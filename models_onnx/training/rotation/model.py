"""The rotation network: find the lungs on the whole film, look at them closely, measure the posterior ribs.

1. `LungFinder`, half resolution: a coarse lung mask, and from its marginals the box of the lungs.
2. `crop`: the box with a margin, resampled to `CROP` x `CROP`, so that every distance is a share of the lung's depth.
3. `RibReader`: MobileNetV2, early layers as ImageNet left them; a light decoder marks the outer and the inner posterior
   rib contour in every row; heads give the logit of "over 10 degrees", the size of the turn, the rib separation, and
   which of the two contours belongs to the side away from the detector. That side is magnified: in a true lateral its
   ribs lie about 3 % of the lung's depth behind the near ones and 0.8 % further a degree (rendered films, sources 1.6
   to 2 m away), so only with the sides told apart does a separation mean one angle and not two. The head for it
   teaches the network to look; it is not exported.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from models_onnx.training.backbones import GreyInput, MobileNetV2, load_imagenet

SIZE = 384  # film as the runtime feeds it, squeezed
CROP = 256
ROWS = 64  # rows and columns of the contour maps
MIDDLE = slice(12, 52)  # rows in which both contours can be told
MASK = 48  # side of the coarse lung mask
FROZEN_LAYERS = 7  # stride 8: general edges, and what would otherwise learn the renderer's noise
FINDER_LAYERS = 14
WARN_DEG = 10.0
SEPARATION_UNIT = 8.0  # per cent of lung depth, natural unit of the rib separation
SURENESS = 2.0  # a row's share in the separation falls by e with every 1/2 nat of doubt about its contours
DOUBTFUL_NATS = 2.0  # a contour is drawn, and the separation measured, in the rows with less doubt than this
TAIL = 0.015  # share of the lung's area beyond each side of its box: stray pixels do not move it
MARGIN_X, MARGIN_Y = 0.16, 0.10  # of the box, so that ribs behind the lung and the sternum stay in
DEPTH_PCT = 100 * (1 + 2 * MARGIN_X)  # width of the crop in per cent of the lung's depth


class LungFinder(nn.Module):
    """Film (N, 1, SIZE, SIZE) in 0..1 -> logits of a lung mask (N, 1, MASK, MASK)."""

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        self.grey = GreyInput()
        backbone = MobileNetV2()
        if weights is not None:
            load_imagenet(backbone, weights)
        self.layers = nn.Sequential(*backbone.features[:FINDER_LAYERS])
        self.deep = nn.Conv2d(96, 48, 1)
        self.fine = nn.Conv2d(32, 48, 1)
        self.join = nn.Sequential(nn.Conv2d(48, 32, 3, padding=1), nn.BatchNorm2d(32), nn.ReLU(inplace=True))
        self.out = nn.Conv2d(32, 1, 3, padding=1)

    def forward(self, film: Tensor) -> Tensor:
        x = self.grey(F.avg_pool2d(film, 2))
        fine = x
        for index, layer in enumerate(self.layers):
            x = layer(x)
            if index == 6:
                fine = x
        x = F.interpolate(self.deep(x), scale_factor=2.0, mode="bilinear", align_corners=False)
        x = self.join(x + self.fine(fine))
        out: Tensor = self.out(F.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False))
        return out


def box_of(mask: Tensor) -> Tensor:
    """Box (N, 4: left, top, right, bottom; fractions) that leaves `TAIL` of the mask's area beyond each side.

    ``mask`` is (N, 1, H, W) in 0..1. An empty mask gives the whole film.
    """
    mask = mask + 1e-4

    def quantile(marginal: Tensor, share: float) -> Tensor:
        part = marginal / marginal.sum(dim=1, keepdim=True)
        before = part.cumsum(dim=1) - part
        inside = torch.clamp((share - before) / part, 0.0, 1.0)
        return inside.sum(dim=1) / marginal.shape[1]

    columns, rows = mask.sum(dim=(1, 2)), mask.sum(dim=(1, 3))
    return torch.stack(
        [
            quantile(columns, TAIL),
            quantile(rows, TAIL),
            quantile(columns, 1 - TAIL),
            quantile(rows, 1 - TAIL),
        ],
        dim=1,
    )


def window_of(box: Tensor) -> Tensor:
    """The box with its margins: what `crop` shows."""
    w, h = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    return torch.stack(
        [
            box[:, 0] - MARGIN_X * w,
            box[:, 1] - MARGIN_Y * h,
            box[:, 2] + MARGIN_X * w,
            box[:, 3] + MARGIN_Y * h,
        ],
        dim=1,
    )


def crop(film: Tensor, window: Tensor) -> Tensor:
    """The window of each film resampled to (N, 1, CROP, CROP); black beyond the film."""
    at = (torch.arange(CROP, device=film.device, dtype=film.dtype) + 0.5) / CROP
    x = window[:, 0:1] + at * (window[:, 2:3] - window[:, 0:1])
    y = window[:, 1:2] + at * (window[:, 3:4] - window[:, 1:2])
    grid = torch.stack(
        [
            (2 * x - 1)[:, None, :].expand(-1, CROP, -1),
            (2 * y - 1)[:, :, None].expand(-1, -1, CROP),
        ],
        dim=3,
    )
    return F.grid_sample(film, grid, mode="bilinear", padding_mode="zeros", align_corners=False)


class Told(NamedTuple):
    """What `RibReader` says of a batch: see there."""

    logit: Tensor
    angle: Tensor
    separation: Tensor
    maps: Tensor
    side: Tensor


class RibReader(nn.Module):
    """Crop (N, 1, CROP, CROP) -> logit, |turn| (degrees), rib separation (% of lung depth), contour maps, side.

    Maps are (N, 2, ROWS, ROWS) logits: for every row, in which column the outer and the inner contour lies. Side (N, 1)
    is the logit of "the outer one is the far side's", from what the decoder sees along both: magnified ribs are larger,
    wider apart and less sharp.
    """

    def __init__(self, weights: Path | None = None) -> None:
        super().__init__()
        self.grey = GreyInput()
        self.backbone = MobileNetV2()
        if weights is not None:
            load_imagenet(self.backbone, weights)
        self.from32, self.from16 = nn.Conv2d(320, 64, 1), nn.Conv2d(96, 64, 1)
        self.from8, self.from4 = nn.Conv2d(32, 48, 1), nn.Conv2d(24, 32, 1)
        self.join16 = self._join(64, 48)
        self.join8 = self._join(48, 32)
        self.maps = nn.Sequential(self._join(32, 32), nn.Conv2d(32, 2, 3, padding=1))
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(1280 + 8, 3))
        self.side = nn.Sequential(
            nn.Linear(1280 + 8 + 4 * 32, 64), nn.ReLU(inplace=True), nn.Dropout(0.3), nn.Linear(64, 1)
        )

    @staticmethod
    def _join(inp: int, out: int) -> nn.Sequential:
        return nn.Sequential(nn.Conv2d(inp, out, 3, padding=1), nn.BatchNorm2d(out), nn.ReLU(inplace=True))

    def train(self, mode: bool = True) -> RibReader:
        super().train(mode)
        self.backbone.freeze_stem(FROZEN_LAYERS)
        return self

    def forward(self, film: Tensor) -> Told:
        mean = film.mean(dim=(2, 3), keepdim=True)
        spread = ((film - mean) ** 2).mean(dim=(2, 3), keepdim=True).sqrt()
        # Every film with the same brightness and contrast, near ImageNet's.
        x = self.grey((film - mean) / (spread + 0.02) * 0.23 + 0.45)
        taps: dict[int, Tensor] = {}
        for index, layer in enumerate(self.backbone.features):
            x = layer(x)
            if index in (3, 6, 13, 17):
                taps[index] = x

        def up(value: Tensor) -> Tensor:
            return F.interpolate(value, scale_factor=2.0, mode="bilinear", align_corners=False)

        joined = self.join16(up(self.from32(taps[17])) + self.from16(taps[13]))
        joined = self.join8(up(joined) + self.from8(taps[6]))
        features = up(joined) + self.from4(taps[3])
        before = self.maps[0](features)
        maps = self.maps[1](before).float()
        there = maps.softmax(dim=3)
        where = contours(maps)
        apart = (where[:, 0] - where[:, 1]).abs()[:, 8:56].reshape(-1, 8, 6).mean(dim=2)
        pooled = x.float().mean(dim=(2, 3))
        seen = torch.cat([pooled, 10 * apart], dim=1)
        out = self.head(seen).float()
        positive = F.softplus(out[:, 1:3])
        along = [self._along(there, f) for f in (features, before)]
        side = self.side(torch.cat([seen, *along], dim=1)).float()
        return Told(out[:, 0:1], positive[:, 0:1] * WARN_DEG, positive[:, 1:2] * SEPARATION_UNIT, maps, side)

    @staticmethod
    def _along(there: Tensor, features: Tensor) -> Tensor:
        """Features (N, C, ROWS, ROWS) along the outer less those along the inner contour, and their mean: (N, 2 C)."""
        outer, inner = (
            (there[:, k : k + 1, MIDDLE] * features.float()[:, :, MIDDLE]).sum(dim=3).mean(dim=2)
            for k in (0, 1)
        )
        return torch.cat([outer - inner, 0.5 * (outer + inner)], dim=1)


def contours(maps: Tensor) -> Tensor:
    """Where the outer and the inner contour lie in every row, fractions of the crop's width: (N, 2, ROWS)."""
    column = (torch.arange(ROWS, device=maps.device, dtype=torch.float32) + 0.5) / ROWS
    return (maps.float().softmax(dim=3) * column).sum(dim=3)


def doubt(maps: Tensor) -> Tensor:
    """Entropy (nats) of either contour's place in every middle row, (N, 2, rows): how many columns it may be in.

    Where spine, scapula or opaque lung hide the ribs the maps are wide, and their means say little: on CTs left out it
    tells rows that err by over 5 % of the lung's depth from others with AUC 0.79 (outer) and 0.91 (inner contour).
    """
    likely = maps.float()[:, :, MIDDLE].log_softmax(dim=3)
    return -(likely.exp() * likely).sum(dim=3)


def sureness(maps: Tensor) -> Tensor:
    """Share of each middle row in the separation, (N, rows), sum 1."""
    return torch.softmax(-SURENESS * doubt(maps).sum(dim=1), dim=1).detach()


def map_separation(maps: Tensor) -> Tensor:
    """Mean distance of the two contours over the middle rows, sure ones counting more; % of lung depth, (N, 1).

    On real films this reading follows the separation seen by eye better than the head that was taught the same number.
    """
    where = contours(maps)[:, :, MIDDLE]
    apart = (sureness(maps) * (where[:, 0] - where[:, 1]).abs()).sum(dim=1, keepdim=True)
    return DEPTH_PCT * apart


def certain_separation(maps: Tensor) -> tuple[Tensor, Tensor]:
    """`map_separation` over the rows in which both contours are certain, and the certainty of each in every row.

    The latter is (N, 2, rows), 0..1, and 0.5 where the doubt is `DOUBTFUL_NATS`; it is that of five rows together, so
    that what is drawn is not a dashed line. Where no row is certain all of them count.
    """
    about = F.avg_pool1d(doubt(maps), 5, stride=1, padding=2, count_include_pad=False)
    # No step, so that the last bits of a sum decide nothing.
    both = torch.sigmoid(12.0 * (DOUBTFUL_NATS - about)).prod(dim=1) + 1e-3
    share = sureness(maps) * both
    where = contours(maps)[:, :, MIDDLE]
    apart = (share * (where[:, 0] - where[:, 1]).abs()).sum(dim=1, keepdim=True)
    return DEPTH_PCT * apart / share.sum(dim=1, keepdim=True), DOUBTFUL_NATS / (DOUBTFUL_NATS + about)


class ShippedRotation(nn.Module):
    """Finder and readers as one graph: film -> score, angle, rib separation, rib contours (read off the contour maps).

    The mean of two looks is given: the first reader at the crop, the last at its mirror image. Readers from two seeds
    err apart from each other, and a look costs the same whoever looks; the separation is that of their mean contours
    where both are certain. ``blend``: the score is logit + blend x
    (separation - 8 %) / 4 %; ``correction``: the angle given is correction[0] x angle + correction[1] x separation +
    correction[2]; both were found on left-out CTs and graded films. ``spread`` is given as the angle's standard
    deviation, the same for every film.
    """

    numbers: Tensor

    def __init__(
        self,
        finder: LungFinder,
        readers: Sequence[RibReader],
        blend: float = 0.0,
        correction: tuple[float, float, float] = (1.0, 0.0, 0.0),
        spread: float = 0.0,
    ) -> None:
        super().__init__()
        self.finder, self.readers = finder, nn.ModuleList(readers)
        self.register_buffer("numbers", torch.tensor([blend, *correction, spread]))

    def raw(self, film: Tensor) -> Raw:
        """What the networks say of films (N, 1, SIZE, SIZE) before blending and correction."""
        window = window_of(box_of(torch.sigmoid(self.finder(film))))
        close = crop(film, window)
        plain: Told = self.readers[0](close)
        mirrored: Told = self.readers[-1](torch.flip(close, dims=[3]))
        # Where the looks contradict each other a row is in doubt, however sure each of them is.
        both = 0.5 * (plain.maps.softmax(dim=3) + torch.flip(mirrored.maps.softmax(dim=3), dims=[3]))
        maps = both.clamp(min=1e-12).log()
        looks = ((told.logit, told.angle, told.side) for told in (plain, mirrored))
        logit, angle, side = (0.5 * (a + b) for a, b in zip(*looks, strict=True))
        separation, certainty = certain_separation(maps)
        return Raw(logit, angle, separation, side, _on_film(contours(maps), window), certainty)

    def forward(self, film: Tensor) -> tuple[Tensor, ...]:
        logit, angle, apart, _, ribs, certainty = self.raw(film)
        n = self.numbers
        score = logit + n[0] * (apart - SEPARATION_UNIT) / 4.0
        given = angle * n[1] + apart * n[2] + n[3]
        return score, torch.clamp(given, min=0.0), n[4].expand_as(given), apart, ribs, certainty


class Raw(NamedTuple):
    """Logit, angle (degrees), separation (%), side: (N, 1) each; contours on the film as in `_on_film`; the
    certainty of each of their points as in `certain_separation`."""

    logit: Tensor
    angle: Tensor
    separation: Tensor
    side: Tensor
    ribs: Tensor
    certainty: Tensor


def _on_film(where: Tensor, window: Tensor) -> Tensor:
    """Points (x, y) of both contours in fractions of the film, over the rows that the separation is read from:
    (N, 2, rows, 2)."""
    left, top, right, bottom = (window[:, k, None, None] for k in range(4))
    x = left + where[:, :, MIDDLE] * (right - left)
    row = (torch.arange(ROWS, device=where.device, dtype=torch.float32) + 0.5)[MIDDLE] / ROWS
    y = (top + row * (bottom - top)).expand_as(x)
    return torch.stack([x, y], dim=3)
