"""The gate network: one MobileNetV2, small heads for body part, polarity, orientation and projection.

Orientation is learnt as two questions, which quarter turn and whether mirrored (by heart and stomach), and
shipped as five classes: upright, turned by 90, 180, 270 degrees, and mirrored upside down. A mirrored film that stands
upright is not
reported: apart from the markers it looks like a patient with dextrocardia.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from models_onnx.training.backbones import GreyInput, MobileNetV2

# In the manifest's words: rotate clockwise by so much, then flip left-right, to set the film upright.
ORIENTATION_CLASSES = (
    {"rotate_deg": 0, "mirrored": False},
    {"rotate_deg": 90, "mirrored": False},
    {"rotate_deg": 180, "mirrored": False},
    {"rotate_deg": 270, "mirrored": False},
    {"rotate_deg": 180, "mirrored": True},
)


class Gates(nn.Module):
    """Film (N, 1, 224, 224) in 0..1 -> raw heads: body (N,1), polarity (N,1), turn (N,4), mirror (N,1),
    projection (N,1)."""

    def __init__(self) -> None:
        super().__init__()
        self.grey = GreyInput()
        self.backbone = MobileNetV2()
        self.dropout = nn.Dropout(0.2)
        self.body, self.polarity, self.projection = (nn.Linear(1280, 1) for _ in range(3))
        self.turn = nn.Linear(1280, 4)
        # Which side the heart is on is a question of place: this head sees the 7 x 7 map, not its mean. (From the
        # mean it stayed at chance after 7,000 films; from the map 900 films give 92 % on films from elsewhere.)
        self.mirror = nn.Sequential(
            nn.Conv2d(1280, 24, 1), nn.ReLU(), nn.Flatten(), nn.Dropout(0.3), nn.Linear(24 * 49, 1)
        )

    def forward(self, film: Tensor) -> dict[str, Tensor]:
        places = self.backbone(self.grey(film))
        features = self.dropout(places.mean((2, 3)).float())
        raw = {name: getattr(self, name)(features) for name in ("body", "polarity", "turn", "projection")}
        return {**raw, "mirror": self.mirror(places)}


class GatesShipped(nn.Module):
    """What is exported: four outputs, orientation as five log probabilities.

    `turn_temperature` and `mirror_temperature` make the two orientation heads probabilities before they are
    joined.
    """

    def __init__(self, gates: Gates, turn_temperature: float = 1.0, mirror_temperature: float = 1.0) -> None:
        super().__init__()
        self.gates, self.turn_temperature, self.mirror_temperature = (
            gates,
            turn_temperature,
            mirror_temperature,
        )

    def forward(self, film: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        raw = self.gates(film)
        turn = F.log_softmax(raw["turn"] / self.turn_temperature, dim=1)
        mirror = raw["mirror"] / self.mirror_temperature
        # Turned by 180 degrees, or that and mirrored: the mirror head decides between the two.
        upside_down = turn[:, 2:3]
        five = torch.cat(
            [
                turn[:, :2],
                upside_down + F.logsigmoid(-mirror),
                turn[:, 3:],
                upside_down + F.logsigmoid(mirror),
            ],
            dim=1,
        )
        return raw["body"], raw["polarity"], five, raw["projection"]
