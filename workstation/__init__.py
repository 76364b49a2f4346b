"""CXR Workstation: quality control of chest radiographs at the X-ray console."""

import os

# Before anything loads ONNX Runtime: from 1.32 on it keeps a device id below the home folder and reports to its maker
# as soon as it is loaded; its own switch (`disable_telemetry_events`) comes after the first report.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"

__version__ = "0.1.0"
