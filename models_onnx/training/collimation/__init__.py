"""Where the collimated field of a film ends: what lies outside was not exposed, and is neither lung nor body."""
