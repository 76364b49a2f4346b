"""CXR Workstation: quality control of chest radiographs at the X-ray console."""

__version__ = "0.1.0"
