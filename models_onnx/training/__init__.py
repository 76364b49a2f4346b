"""Recipes of the shipped cascade."""

import workstation  # noqa: F401  (keeps ONNX Runtime from reporting to its maker, whoever loads it first)
