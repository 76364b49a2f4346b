"""Lateral rotation: from a lateral film to P(turned more than 10 degrees) and the angle, learnt from rendered films."""
