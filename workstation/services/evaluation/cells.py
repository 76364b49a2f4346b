"""HTML of the report's numbers: cells, tables and the style of the page."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from workstation.services.evaluation.metrics import Interval

STYLE = """
:root{color-scheme:light}
body{font:15px/1.5 Inter,"Segoe UI",Helvetica,Arial,sans-serif;color:#1f2933;background:#f4f6f8;margin:0}
main{max-width:1240px;margin:0 auto;padding:28px 24px 60px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:20px;margin:0 0 2px}h3{font-size:15px;margin:22px 0 6px}
p{margin:6px 0;max-width:84ch}.soft{color:#5b6773}.small{font-size:13px}
section{background:#fff;border:1px solid #dfe4ea;border-radius:10px;padding:20px 22px;margin:18px 0}
.scroll{overflow-x:auto}
table{border-collapse:collapse;font-size:13.5px;font-variant-numeric:tabular-nums;margin:8px 0}
th,td{padding:5px 7px;border-bottom:1px solid #e8ecf0;text-align:right;white-space:nowrap;vertical-align:top}
th{font-weight:600;color:#46525e;background:#f8fafb;white-space:normal;vertical-align:bottom}th:first-child,td:first-child{text-align:left}
td:first-child{white-space:normal;min-width:8em}
td small{color:#66727f;display:block}
.row{display:flex;flex-wrap:wrap;gap:16px;align-items:flex-start}
.row svg{border:1px solid #e8ecf0;border-radius:8px}
img{max-width:100%;border-radius:8px;margin-top:6px}
.note{border-left:4px solid #e0a100;background:#fff9e8;padding:8px 14px;border-radius:0 6px 6px 0;margin:10px 0}
nav a{display:inline-block;margin:0 12px 4px 0}a{color:#0b63a5}
td.good{background:#eaf6ee}td.less{background:#fff4e0}
@page{size:A4 landscape;margin:12mm}
@media print{body{background:#fff}main{max-width:none;padding:0}section{border:0;padding:8px 0}
.scroll{overflow:visible}table{font-size:10px}th,td{padding:3px 6px}
svg,img,tr,h2,h3,.note{break-inside:avoid}h2,h3{break-after:avoid}}
"""


def number(value: float, digits: int = 3) -> str:
    """A figure, a dash where it is not known."""
    return f"{value:.{digits}f}" if math.isfinite(value) else "–"


def cell(found: Interval, digits: int = 3, mark: str = "") -> str:
    """A table cell with the figure and its interval below; `mark` goes into the tag."""
    spread = ""
    if math.isfinite(found.low) and math.isfinite(found.high):
        spread = f"<small>{found.low:.{digits}f} – {found.high:.{digits}f}</small>"
    return f"<td{mark}>{number(found.value, digits)}{spread}</td>"


def chance_cell(ece: float, chance: Interval) -> str:
    """A cell with an ECE and what chance alone would give."""
    return f"<td>{number(ece)}<small>by chance</small><small>{number(chance.low)} – {number(chance.high)}</small></td>"


def table(head: Sequence[str], rows: Sequence[str]) -> str:
    """A table that scrolls where it is too wide; `rows` are cells, `head` plain words."""
    cells = "".join(f"<th>{escape(word).replace(' %', '&nbsp;%')}</th>" for word in head)
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    return f'<div class="scroll"><table><thead><tr>{cells}</tr></thead><tbody>{body}</tbody></table></div>'


def percent(value: float) -> str:
    """A share 0..1 in per cent."""
    return f"{100 * value:.1f} %" if math.isfinite(value) else "–"


def count(value: float) -> str:
    """A count of films; where weights make it no whole number, with a digit or, where it is small, as many as tell."""
    if value == round(value):
        return f"{value:.0f}"
    return f"{value:.1f}" if value >= 100 else f"{value:.3g}"


def interval(found: Interval) -> str:
    """A figure with its interval in brackets."""
    if not math.isfinite(found.low):
        return number(found.value)
    return f"{number(found.value)} ({number(found.low)} – {number(found.high)})"


def signed(value: float) -> str:
    """A difference with its sign; never -0.000."""
    return f"{round(value, 3) + 0.0:+.3f}"
