"""Every setting, declared once: type, default, range and what it is for, in English and Russian.

`describe()` lists them for the settings dialog and the documentation; `file.py` reads and writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Rule:
    """What a value must fulfil.

    Attributes:
        en, ru: what the setting does, one sentence.
        low, high: inclusive range of a number.
        choices: allowed words; empty for any.
        longest: longest text, in characters.
        pattern: regular expression the whole text must match, with `hint` saying it in words.
    """

    en: str
    ru: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    longest: int = 1024
    pattern: str = ""
    hint: str = ""


def _setting(default: Any, en: str, ru: str, **limits: Any) -> Any:
    return field(default=default, metadata={"rule": Rule(en, ru, **limits)})


def _required(en: str, ru: str, **limits: Any) -> Any:
    return field(metadata={"rule": Rule(en, ru, **limits)})


# PS3.5 6.2: AE is 1 to 16 characters of the default repertoire, no backslash or control, not all blank.
_AE_TITLE = {
    "pattern": r"(?=.*[^ ])[ -\[\]-~]{1,16}",
    "longest": 16,
    "hint": "1 to 16 plain characters, no backslash",
}


@dataclass(frozen=True, slots=True)
class Destination:
    """A peer that receives films by C-STORE."""

    name: str = _required(
        "Name shown in the window.", "Имя, показываемое в окне.", longest=64, pattern=r".*\S.*"
    )
    host: str = _required(
        "Host name or IP address.",
        "Имя узла или IP-адрес.",
        longest=253,
        pattern=r"[^\s/]+",
        hint="a host name",
    )
    port: int = _required("TCP port.", "Порт TCP.", low=1, high=65535)
    called_ae: str = _required("AE title of the peer.", "AE-заголовок получателя.", **_AE_TITLE)
    calling_ae: str = _setting(
        "CXRWS", "AE title of this console.", "AE-заголовок этой станции.", **_AE_TITLE
    )
    wants_reject_notes: bool = _setting(
        False,
        "Send a key object note (Rejected for Quality Reasons) for each retake.",
        "Отправлять уведомление об отбраковке (Key Object) для каждого повтора.",
    )
    wants_reports: bool = _setting(
        False,
        "Send the analysis as a structured report with each film.",
        "Отправлять с каждым снимком структурированный отчёт анализа.",
    )
    wants_commitment: bool = _setting(
        False,
        "Ask the peer to take over the safekeeping of films (Storage Commitment).",
        "Запрашивать у получателя подтверждение хранения (Storage Commitment).",
    )
    tls: bool = _setting(
        False, "Encrypt the connection (TLS 1.2 or 1.3).", "Шифровать соединение (TLS 1.2 или 1.3)."
    )
    tls_certificate: str = _setting(
        "", "PEM file with our certificate.", "Файл PEM с сертификатом этой станции."
    )
    tls_key: str = _setting(
        "",
        "PEM file with the certificate's key, without a password; empty where it lies beside the certificate.",
        "Файл PEM с ключом сертификата, без пароля; пусто — ключ в файле сертификата.",
    )
    tls_authorities: str = _setting(
        "",
        "PEM file with the authorities that the peer's certificate must come from; empty for the system's.",
        "Файл PEM с центрами, выпустившими сертификат получателя; пусто — системные.",
    )
    tls_host: str = _setting(
        "",
        "Name that the peer's certificate bears; empty for the host above.",
        "Имя в сертификате получателя; пусто — узел выше.",
        longest=253,
    )


@dataclass(frozen=True, slots=True)
class Listener:
    """The Storage SCP of this console: films come in by C-STORE."""

    enabled: bool = _setting(
        False, "Receive films from modalities by network.", "Принимать снимки от аппаратов по сети."
    )
    ae_title: str = _setting(
        "CXRWS",
        "AE title under which modalities call this console.",
        "AE-заголовок, по которому аппараты вызывают эту станцию.",
        **_AE_TITLE,
    )
    port: int = _setting(
        11112, "TCP port listened on.", "Порт TCP, на котором идёт приём.", low=1, high=65535
    )
    address: str = _setting(
        "",
        "Local IP address listened on; empty for all of this computer.",
        "Локальный IP-адрес приёма; пусто — все адреса компьютера.",
        longest=64,
        pattern=r"[0-9A-Fa-f:.%\w]*",
        hint="an IP address",
    )
    allowed_ae_titles: tuple[str, ...] = _setting(
        (),
        "AE titles that may send films; empty for all.",
        "AE-заголовки, которым разрешена отправка; пусто — всем.",
        **_AE_TITLE,
    )
    allowed_hosts: tuple[str, ...] = _setting(
        (),
        "IP addresses or networks (10.0.0.0/8) that may connect; empty for all.",
        "IP-адреса или сети (10.0.0.0/8), которым разрешено подключение; пусто — всем.",
        longest=64,
        pattern=r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?",
        hint="IP addresses or networks such as 10.0.0.0/8",
    )
    tls: bool = _setting(
        False,
        "Take encrypted connections alone (TLS 1.2 or 1.3, with certificates on both sides).",
        "Принимать только шифрованные соединения (TLS 1.2 или 1.3, сертификаты с обеих сторон).",
    )
    tls_certificate: str = _setting(
        "", "PEM file with our certificate.", "Файл PEM с сертификатом этой станции."
    )
    tls_key: str = _setting(
        "",
        "PEM file with the certificate's key, without a password; empty where it lies beside the certificate.",
        "Файл PEM с ключом сертификата, без пароля; пусто — ключ в файле сертификата.",
    )
    tls_authorities: str = _setting(
        "",
        "PEM file with the authorities that modalities' certificates must come from.",
        "Файл PEM с центрами, выпустившими сертификаты аппаратов.",
    )


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of one console. Immutable: change with `dataclasses.replace`, write with `file.save`."""

    language: str = _setting(
        "system", "Language of the window.", "Язык окна.", choices=("system", "en", "ru")
    )
    theme: str = _setting("dark", "Colours of the window.", "Цвета окна.", choices=("dark", "light"))
    room: str = _setting(
        "", "Name of the room, for the statistics.", "Название кабинета для статистики.", longest=64
    )
    operator: str = _setting(
        "", "Who decides at this console.", "Кто принимает решения за этой станцией.", longest=64
    )
    cascade_dir: str = _setting(
        "",
        "Folder of the cascade (manifest.json); empty for the one shipped.",
        "Папка каскада (manifest.json); пусто — встроенный.",
    )
    execution_providers: tuple[str, ...] = _setting(
        ("CPUExecutionProvider",),
        "ONNX Runtime execution providers, best first.",
        "Исполнители ONNX Runtime, лучший первым.",
    )
    intra_op_threads: int = _setting(
        0,
        "Threads of one model run; 0 lets the program choose.",
        "Потоки на один запуск модели; 0 — выбирает программа.",
        low=0,
        high=256,
    )
    watch_folders: tuple[str, ...] = _setting(
        (), "Folders where new films appear.", "Папки, в которых появляются новые снимки."
    )
    undo_seconds: float = _setting(
        10.0,
        "How long a decision can be taken back before the film leaves, in seconds.",
        "Сколько секунд решение можно отменить до отправки снимка.",
        low=0,
        high=600,
    )
    keep_committed_days: int = _setting(
        0,
        "Days that a film stays here after every destination took over its safekeeping; 0 keeps all films.",
        "Сколько дней снимок остаётся здесь после подтверждения хранения всеми получателями; 0 — всегда.",
        low=0,
        high=36500,
    )
    typical_dose_frontal_msv: float = _setting(
        0.02,
        "Typical effective dose of a frontal chest film in mSv, where the header gives no dose.",
        "Типичная эффективная доза прямого снимка, мЗв, если в заголовке дозы нет.",
        low=0,
        high=10,
    )
    typical_dose_lateral_msv: float = _setting(
        0.08,
        "Typical effective dose of a lateral chest film in mSv, where the header gives no dose.",
        "Типичная эффективная доза бокового снимка, мЗв, если в заголовке дозы нет.",
        low=0,
        high=10,
    )
    reject_target_percent: float = _setting(
        8.0,
        "Reject rate to stay under, in per cent.",
        "Доля брака, выше которой не стоит подниматься, в процентах.",
        low=0,
        high=100,
    )
    reject_action_percent: float = _setting(
        10.0,
        "Reject rate from which to act, in per cent.",
        "Доля брака, с которой нужно вмешаться, в процентах.",
        low=0,
        high=100,
    )
    reject_low_percent: float = _setting(
        2.0,
        "Reject rate below which rejects may go unrecorded, in per cent; 0 for none.",
        "Доля брака, ниже которой брак, возможно, не записывают, в процентах; 0 — не проверять.",
        low=0,
        high=100,
    )
    listener: Listener = _setting(  # noqa: RUF009 - immutable
        Listener(), "How films come in by network.", "Как снимки поступают по сети."
    )
    destinations: tuple[Destination, ...] = _setting(
        (), "Where decided films are sent.", "Куда отправляются снимки."
    )

    def destination(self, name: str) -> Destination | None:
        """The destination called `name`, or None."""
        return next((d for d in self.destinations if d.name == name), None)


def rule_of(item: Field[Any]) -> Rule:
    """The rule declared with a field of `Settings`, `Listener` or `Destination`."""
    rule = item.metadata["rule"]
    assert isinstance(rule, Rule)
    return rule


def describe(
    kind: type[Settings] | type[Listener] | type[Destination] = Settings,
) -> Mapping[str, tuple[Any, Rule]]:
    """Default (None where one must be given) and rule of each key."""
    return {
        item.name: (None if item.default is MISSING else item.default, rule_of(item)) for item in fields(kind)
    }
