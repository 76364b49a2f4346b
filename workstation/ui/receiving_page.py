"""Settings of the listener: who may send films to this console, and where it listens."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

from PySide6.QtWidgets import QCheckBox, QLineEdit, QSpinBox, QWidget

from workstation.settings.network import Listener
from workstation.ui.look import label
from workstation.ui.settings_form import field, form_row, page_form


class ReceivingPage(QWidget):
    """One page of the settings dialog."""

    def __init__(self, listener: Listener, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._before = listener
        self.enabled = QCheckBox(self.tr("Receive films by network"))
        self.enabled.setChecked(listener.enabled)
        self.title = field(listener.ae_title, "ae_title")
        self.port = QSpinBox()
        self.port.setRange(1, 65535)
        self.port.setValue(listener.port)
        self.titles = QLineEdit(", ".join(listener.allowed_ae_titles))
        self.titles.setPlaceholderText(self.tr("all"))
        self.hosts = QLineEdit(", ".join(listener.allowed_hosts))
        self.hosts.setPlaceholderText(self.tr("all"))
        _, form = page_form(self)
        form.addRow(self.enabled)
        form_row(form, self.tr("AE title of this console"), self.title)
        form_row(form, self.tr("Port"), self.port)
        form_row(form, self.tr("Allowed AE titles"), self.titles)
        form_row(form, self.tr("Allowed hosts"), self.hosts)
        hint = self.tr(
            "Several are separated by commas. Hosts are IP addresses or networks such as 10.0.0.0/8."
        )
        form.addRow("", label(hint, tone="quiet", wrap=True))

    def listener(self) -> Listener:
        """What the fields say; the rest stays as it was."""
        return replace(
            self._before,
            enabled=self.enabled.isChecked(),
            ae_title=self.title.text().strip(),
            port=self.port.value(),
            allowed_ae_titles=_listed(self.titles),
            allowed_hosts=_listed(self.hosts),
        )

    def problem(self) -> str:
        """Why the fields cannot be saved, or ``""``."""
        if not self.title.text().strip():
            return self.tr("The listener needs an AE title.")
        for title in (self.title.text(), *_listed(self.titles)):
            if len(title) > 16 or "\\" in title or not title.isascii():
                return self.tr("An AE title has at most 16 plain characters: {0}").format(title)
        for host in _listed(self.hosts):
            try:
                ipaddress.ip_network(host, strict=False)
            except ValueError:
                return self.tr("Neither an IP address nor a network: {0}").format(host)
        return ""


def _listed(line: QLineEdit) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part.strip() for part in line.text().split(",") if part.strip()))
