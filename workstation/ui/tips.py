"""Tips that show what films, peers and people are called exactly as it is."""

from __future__ import annotations

from html import escape

from PySide6.QtGui import Qt


def verbatim(text: str) -> str:
    """`text` for a tip. Qt takes one with a tag in it for HTML: a name would lose it, or a picture be loaded for it."""
    if not Qt.mightBeRichText(text):
        return text
    return f'<div style="white-space: pre-wrap">{escape(text)}</div>'
