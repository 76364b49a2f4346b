"""The pure domain: no Qt, no numpy, no files. What a film is, what was found, what was decided."""
