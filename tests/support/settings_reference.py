"""The guide's last page, every setting, from the declarations: ``python -m tests.support.settings_reference``."""

from __future__ import annotations

from pathlib import Path

from workstation.settings.reference import markdown

GUIDE = Path(__file__).resolve().parents[2] / "resources" / "guide"
_INTRO = {
    "en": "In the file they stand under the names at the left; `cxr-workstation settings describe` prints a form.",
    "ru": "В файле они стоят под именами слева; `cxr-workstation settings describe --language ru` печатает заготовку.",
}


def page(language: str) -> Path:
    """The page of the guide that lists them."""
    return GUIDE / f"settings.{language}.md"


def chapter(language: str) -> str:
    """What it says, below its title and the way to the other pages."""
    return f"{_INTRO[language]}\n\n{markdown(language)}".rstrip() + "\n"


def main() -> None:
    """Bring both pages up to date."""
    for language, intro in _INTRO.items():
        path = page(language)
        head = path.read_text(encoding="utf-8").split(intro)[0].rstrip()
        path.write_text(f"{head}\n\n{chapter(language)}", encoding="utf-8")


if __name__ == "__main__":
    main()
