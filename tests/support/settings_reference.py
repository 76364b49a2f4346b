"""The guide's last chapter, every setting, from the declarations: ``python -m tests.support.settings_reference``."""

from __future__ import annotations

from pathlib import Path

from workstation.settings.reference import markdown

GUIDE = Path(__file__).resolve().parents[2] / "resources" / "guide"
HEADINGS = {"en": "## 4. Every setting", "ru": "## 4. Все настройки"}
_INTRO = {
    "en": "In the file they stand under the names at the left; `cxr-workstation settings describe` prints a form.",
    "ru": "В файле они стоят под именами слева; `cxr-workstation settings describe --language ru` печатает заготовку.",
}


def chapter(language: str) -> str:
    """The chapter as it should be."""
    return f"{HEADINGS[language]}\n\n{_INTRO[language]}\n\n{markdown(language)}".rstrip() + "\n"


def main() -> None:
    """Bring both guides up to date."""
    for language, heading in HEADINGS.items():
        path = GUIDE / f"guide.{language}.md"
        text = path.read_text(encoding="utf-8").split(heading)[0].rstrip()
        path.write_text(f"{text}\n\n{chapter(language)}", encoding="utf-8")


if __name__ == "__main__":
    main()
