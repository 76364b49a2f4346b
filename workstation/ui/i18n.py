"""English and Russian through Qt Linguist files, switchable while the program runs."""

from __future__ import annotations

from datetime import date

from PySide6.QtCore import QCoreApplication, QDate, QLocale, QTranslator

from workstation import assets

LANGUAGES = {"en": "English", "ru": "Русский"}


def resolve(wanted: str) -> str:
    """Language code for a setting: ``"system"`` follows the platform, unknown ones become English."""
    code = QLocale.system().name()[:2] if wanted == "system" else wanted
    return code if code in LANGUAGES else "en"


class Translations:
    """Installs one language at a time into the application.

    Args:
        of_run: goes before what the settings want until they want another language than at first; it is no setting,
            so that it is never written.
    """

    def __init__(self, of_run: str | None = None) -> None:
        self._of_run = of_run
        self._wanted: str | None = None
        self._installed: list[QTranslator] = []
        self.language = "en"

    def use(self, wanted: str) -> str:
        """Switch to `wanted` ("system", "en", "ru"); return the language now in use.

        Raises:
            FileNotFoundError: a translation file is missing from the installation.
        """
        if self._wanted not in (None, wanted):
            self._of_run = None
        self._wanted = wanted
        self.language = resolve(self._of_run or wanted)
        self.drop()
        # qtbase carries Qt's own words (text field menus, file dialog); it ships with PySide6 as a wheel.
        for name, folder, needed in (
            (f"qtbase_{self.language}", _qt_translations(), False),
            (f"workstation_{self.language}", str(assets.resources_dir() / "translations"), True),
        ):
            translator = QTranslator()
            if translator.load(name, folder):
                QCoreApplication.installTranslator(translator)
                self._installed.append(translator)
            elif needed:
                raise FileNotFoundError(f"translation {name}.qm is missing from {folder}")
        QLocale.setDefault(QLocale(self.language))
        return self.language

    def drop(self) -> None:
        """Take the installed language out of the application."""
        for old in self._installed:
            QCoreApplication.removeTranslator(old)
        self._installed.clear()


def _qt_translations() -> str:
    from PySide6.QtCore import QLibraryInfo

    return QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)


def day_format(*, year: bool = True) -> str:
    """How a day is written, in Qt's letters: ``22 Nov 2025`` in English, ``22.11.2025`` in Russian."""
    if QLocale().language() is QLocale.Language.English:
        return "d MMM yyyy" if year else "d MMM"
    return "dd.MM.yyyy" if year else "dd.MM"


def day(value: date, *, year: bool = True) -> str:
    """A day as `day_format` has it."""
    return QLocale().toString(QDate(value.year, value.month, value.day), day_format(year=year))


def number(value: float, decimals: int = 0) -> str:
    """A number as the language writes it (decimal comma in Russian), without group separators."""
    locale = QLocale()
    locale.setNumberOptions(QLocale.NumberOption.OmitGroupSeparator)
    return locale.toString(float(value), "f", decimals)


def percent(probability: float) -> str:
    """A probability as whole per cent; never 100 % (or 0 %) for what is not certain."""
    shown = f"{round(probability * 100)}"
    if 0.0 < probability < 0.005:
        shown = "<1"
    elif 0.995 <= probability < 1.0:
        shown = ">99"
    return f"{shown}\u202f%"


def unbroken(text: str) -> str:
    """`text` on one line: a figure is not parted from what it counts."""
    return text.replace(" ", "\u00a0")
