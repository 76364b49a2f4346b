"""Settings of the DICOM node: who sends films to this console, and where they go."""

from __future__ import annotations

from dataclasses import dataclass

from workstation.settings.rules import required, setting

# PS3.5 6.2: AE is 1 to 16 characters of the default repertoire, no backslash or control, not all blank.
_AE_TITLE = {
    "pattern": r"(?=.*[^ ])[ -\[\]-~]{1,16}",
    "longest": 16,
    "hint": "1 to 16 plain characters, no backslash",
}
_HOST = r"[^\s/:]+|[^\s/:]*(:[^\s/:]*){2,}"
"""A name, or an address; one colon alone parts a port from it, an IPv6 address has two and more."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A peer that receives films by C-STORE."""

    name: str = required(
        "Name shown in the window.", "Имя, показываемое в окне.", longest=64, pattern=r".*\S.*"
    )
    host: str = required(
        "Host name or IP address.",
        "Имя узла или IP-адрес.",
        longest=253,
        pattern=_HOST,
        hint="a host name or an IP address, without the port",
    )
    port: int = required("TCP port.", "Порт TCP.", low=1, high=65535)
    called_ae: str = required("AE title of the peer.", "AE-заголовок получателя.", **_AE_TITLE)
    calling_ae: str = setting(
        "CXRWS", "AE title of this console.", "AE-заголовок этой станции.", **_AE_TITLE, own=True
    )
    wants_reject_notes: bool = setting(
        False,
        "Send a reject note (Key Object Selection, Rejected for Quality Reasons) for each rejected film.",
        "Отправлять отметку о браке (Key Object Selection) для каждого забракованного снимка.",
    )
    wants_reports: bool = setting(
        False,
        "Send the analysis as a structured report with each film.",
        "Отправлять с каждым снимком структурированный отчёт анализа.",
    )
    wants_annotated: bool = setting(
        False,
        "Send a copy of each film with the findings drawn in (Secondary Capture).",
        "Отправлять с каждым снимком копию с нанесёнными замечаниями (Secondary Capture).",
    )
    wants_presentation_states: bool = setting(
        False,
        "Send the findings as graphics beside each film (Grayscale Softcopy Presentation State).",
        "Отправлять с каждым снимком замечания в виде графики (Grayscale Softcopy Presentation State).",
    )
    wants_commitment: bool = setting(
        False,
        "Ask the peer to take over the safekeeping of films (Storage Commitment).",
        "Запрашивать у получателя подтверждение хранения (Storage Commitment).",
    )
    tls: bool = setting(
        False, "Encrypt the connection (TLS 1.2 or 1.3).", "Шифровать соединение (TLS 1.2 или 1.3)."
    )
    tls_certificate: str = setting(
        "", "PEM file with our certificate.", "Файл PEM с сертификатом этой станции.", own=True
    )
    tls_key: str = setting(
        "",
        "PEM file with the certificate's key, without a password; empty where it lies beside the certificate.",
        "Файл PEM с ключом сертификата, без пароля; пусто — ключ в файле сертификата.",
        own=True,
    )
    tls_authorities: str = setting(
        "",
        "PEM file with the authorities that the peer's certificate must come from; empty for the system's.",
        "Файл PEM с центрами, выпустившими сертификат получателя; пусто — системные.",
        own=True,
    )
    tls_host: str = setting(
        "",
        "Name that the peer's certificate bears; empty for the host above.",
        "Имя в сертификате получателя; пусто — узел выше.",
        longest=253,
    )


@dataclass(frozen=True, slots=True)
class SetAside:
    """A destination whose table holds a mistake: nothing goes to it, and what goes along with films waits like these.

    What it wants is as far as its table can be read; a value that is a mistake itself counts as not wanted.
    """

    name: str
    wants_reject_notes: bool = False
    wants_reports: bool = False
    wants_annotated: bool = False
    wants_presentation_states: bool = False


@dataclass(frozen=True, slots=True)
class WorklistPeer:
    """The modality worklist of the information system: today's orders, asked for by C-FIND."""

    enabled: bool = setting(
        False,
        "Compare films with the orders of the modality worklist.",
        "Сверять снимки с назначениями из рабочего списка (MWL).",
    )
    host: str = setting(
        "",
        "Host name or IP address.",
        "Имя узла или IP-адрес.",
        longest=253,
        pattern=f"|{_HOST}",
        hint="a host name or an IP address, without the port",
    )
    port: int = setting(104, "TCP port.", "Порт TCP.", low=1, high=65535)
    called_ae: str = setting("WORKLIST", "AE title of the peer.", "AE-заголовок сервера.", **_AE_TITLE)
    calling_ae: str = setting(
        "CXRWS", "AE title of this console.", "AE-заголовок этой станции.", **_AE_TITLE, own=True
    )
    station_ae: str = setting(
        "",
        "Orders of this station only (Scheduled Station AE Title); empty for all.",
        "Только назначения этого аппарата (Scheduled Station AE Title); пусто — все.",
        longest=16,
        pattern=r"[ -\[\]-~]*",
        hint="at most 16 plain characters, no backslash",
        own=True,
    )
    modalities: tuple[str, ...] = setting(
        ("CR", "DX"),
        "Orders of these modalities.",
        "Назначения для этих модальностей.",
        longest=16,
        pattern=r"[A-Z0-9]+",
        hint="modality codes such as DX",
    )
    refresh_minutes: int = setting(
        3,
        "Minutes between two queries.",
        "Сколько минут между запросами.",
        low=1,
        high=120,
    )
    tls: bool = setting(
        False, "Encrypt the connection (TLS 1.2 or 1.3).", "Шифровать соединение (TLS 1.2 или 1.3)."
    )
    tls_certificate: str = setting(
        "", "PEM file with our certificate.", "Файл PEM с сертификатом этой станции.", own=True
    )
    tls_key: str = setting(
        "",
        "PEM file with the certificate's key, without a password; empty where it lies beside the certificate.",
        "Файл PEM с ключом сертификата, без пароля; пусто — ключ в файле сертификата.",
        own=True,
    )
    tls_authorities: str = setting(
        "",
        "PEM file with the authorities that the peer's certificate must come from; empty for the system's.",
        "Файл PEM с центрами, выпустившими сертификат сервера; пусто — системные.",
        own=True,
    )
    tls_host: str = setting(
        "",
        "Name that the peer's certificate bears; empty for the host above.",
        "Имя в сертификате сервера; пусто — узел выше.",
        longest=253,
    )


@dataclass(frozen=True, slots=True)
class Listener:
    """The Storage SCP of this console: films come in by C-STORE."""

    enabled: bool = setting(
        False, "Receive films from modalities by network.", "Принимать снимки от аппаратов по сети."
    )
    ae_title: str = setting(
        "CXRWS",
        "AE title under which modalities call this console.",
        "AE-заголовок, по которому аппараты вызывают эту станцию.",
        **_AE_TITLE,
        own=True,
    )
    port: int = setting(11112, "TCP port listened on.", "Порт TCP, на котором идёт приём.", low=1, high=65535)
    address: str = setting(
        "",
        "Local IP address listened on; empty for all of this computer.",
        "Локальный IP-адрес приёма; пусто — все адреса компьютера.",
        longest=64,
        # IPv4, IPv6 with or without its interface, or a name of this computer.
        pattern=r"|[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(%[\w.-]+)?"
        r"|[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*",
        hint="an IP address",
        own=True,
    )
    allowed_ae_titles: tuple[str, ...] = setting(
        (),
        "AE titles that may send films; empty for all.",
        "AE-заголовки, которым разрешена отправка; пусто — всем.",
        **_AE_TITLE,
    )
    allowed_hosts: tuple[str, ...] = setting(
        (),
        "IP addresses or networks (10.0.0.0/8) that may connect; empty for all.",
        "IP-адреса или сети (10.0.0.0/8), которым разрешено подключение; пусто — всем.",
        longest=64,
        pattern=r"[0-9A-Fa-f:.]+(/[0-9]{1,3})?",
        hint="IP addresses or networks such as 10.0.0.0/8",
    )
    most_connections: int = setting(
        10,
        "Connections open at once; more are turned away.",
        "Сколько соединений открыто одновременно; остальным отказывают.",
        low=1,
        high=200,
    )
    largest_mb: int = setting(
        600,
        "Largest film taken, in megabytes.",
        "Самый большой принимаемый снимок, в мегабайтах.",
        low=10,
        high=2000,
    )
    idle_seconds: float = setting(
        30.0,
        "Seconds that a peer may stay silent before the connection is closed.",
        "Сколько секунд другая сторона может молчать до закрытия соединения.",
        low=1,
        high=600,
    )
    quota_gb: float = setting(
        0.0,
        "Space that films on this console may take, in gigabytes; beyond it films from the network are refused."
        " 0: the whole disk.",
        "Сколько места могут занимать снимки на станции, в гигабайтах; дальше приём по сети закрыт. 0 — весь диск.",
        low=0,
        high=1_000_000,
    )
    tls: bool = setting(
        False,
        "Take encrypted connections only (TLS 1.2 or 1.3, with certificates on both sides).",
        "Принимать только шифрованные соединения (TLS 1.2 или 1.3, сертификаты с обеих сторон).",
    )
    tls_certificate: str = setting(
        "", "PEM file with our certificate.", "Файл PEM с сертификатом этой станции.", own=True
    )
    tls_key: str = setting(
        "",
        "PEM file with the certificate's key, without a password; empty where it lies beside the certificate.",
        "Файл PEM с ключом сертификата, без пароля; пусто — ключ в файле сертификата.",
        own=True,
    )
    tls_authorities: str = setting(
        "",
        "PEM file with the authorities that modalities' certificates must come from.",
        "Файл PEM с центрами, выпустившими сертификаты аппаратов.",
        own=True,
    )
