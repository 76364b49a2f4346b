"""Reports on storage commitment that an archive brings on an association of its own, past the lists of modalities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from pydicom.dataset import Dataset
from pynetdicom import AE, build_role
from pynetdicom.association import Association

from tests.support.archiving import COMMITTING_PACS
from tests.support.console import Console, eventually
from tests.support.ports import free_port
from workstation.dicom.network.admission import ReportPeer
from workstation.dicom.network.commitment import PUSH_MODEL, CommitmentReport
from workstation.dicom.network.server import AssociationRefused
from workstation.dicom.network.store_scp import (
    STORAGE_CLASSES,
    ListenerConfig,
    StoreScp,
    StoreStatus,
)
from workstation.services.listening import ListeningService, config_of, report_peers
from workstation.settings.model import Settings
from workstation.settings.network import Destination, Listener


def test_the_listener_follows_the_destinations(tmp_path: Path) -> None:
    console = Console(tmp_path / "data")
    listener = Listener(enabled=True, port=free_port(), address="127.0.0.1", allowed_ae_titles=("ROOM2",))
    console.settings = replace(console.settings, listener=listener, destinations=())
    service = ListeningService(
        console.folder, console.intake, lambda: console.settings, on_report=lambda _: None
    )
    archive = AE("PACS")
    archive.add_requested_context(PUSH_MODEL)

    def let_in() -> bool:
        association = archive.associate("127.0.0.1", listener.port, ae_title="CXRWS")
        association.release()
        return association.is_rejected is False

    try:
        service.apply_settings()
        assert not let_in()
        console.settings = replace(console.settings, destinations=(COMMITTING_PACS,))
        service.apply_settings()
        assert let_in()
    finally:
        service.stop()
        console.close()


class TestReportsOfArchives:
    """An archive that was asked for commitment reports, whatever the lists say of modalities; it sends no films."""

    UID = "1.2.840.10008.1.20.1.1"

    @pytest.fixture
    def heard(self) -> list[CommitmentReport]:
        return []

    @pytest.fixture
    def refusals(self) -> list[AssociationRefused]:
        return []

    @pytest.fixture
    def listening(
        self,
        refusals: list[AssociationRefused],
        heard: list[CommitmentReport],
        request: pytest.FixtureRequest,
    ) -> Iterator[StoreScp]:
        config = ListenerConfig(port=0, address="127.0.0.1", **request.param)
        with StoreScp(config, lambda _: StoreStatus.SUCCESS, refusals.append, heard.append) as scp:
            yield scp

    def associate(self, scp: StoreScp, title: str, called: str = "CXRWS") -> Association:
        ae = AE(title)
        ae.add_requested_context(PUSH_MODEL)
        ae.add_requested_context(STORAGE_CLASSES[0])
        role = build_role(PUSH_MODEL, scu_role=False, scp_role=True)
        return ae.associate("127.0.0.1", scp.port, ae_title=called, ext_neg=[role])

    def report(self, scp: StoreScp, title: str = "PACS", called: str = "CXRWS") -> bool:
        """Whether a report is taken; a storage context must not be."""
        association = self.associate(scp, title, called)
        if not association.is_established:
            return False
        taken = {context.abstract_syntax for context in association.accepted_contexts}
        information = Dataset()
        information.TransactionUID = "1.2.3"
        if PUSH_MODEL in taken:
            status, _ = association.send_n_event_report(information, 1, PUSH_MODEL, self.UID)
            assert status.Status == 0
        association.release()
        assert taken == {PUSH_MODEL}
        return True

    @pytest.mark.parametrize(
        "listening",
        [
            {"allowed_ae_titles": ("ROOM2",), "report_peers": (ReportPeer("PACS", "10.0.0.1"),)},
            {"allowed_hosts": ("192.0.2.0/24",), "report_peers": (ReportPeer("PACS", "127.0.0.1"),)},
            {"allowed_hosts": ("192.0.2.0/24",), "report_peers": (ReportPeer("PACS", "localhost"),)},
            {
                "allowed_ae_titles": ("ROOM2",),
                "allowed_hosts": ("192.0.2.0/24",),
                "report_peers": (ReportPeer("OTHER", "127.0.0.1"), ReportPeer("PACS", "127.0.0.1")),
            },
        ],
        indirect=True,
        ids=["title", "address", "name", "both"],
    )
    def test_they_are_heard(
        self, listening: StoreScp, heard: list[CommitmentReport], refusals: list[AssociationRefused]
    ) -> None:
        assert self.report(listening)
        assert [report.transaction_uid for report in heard] == ["1.2.3"]
        eventually(lambda: [refusal.code for refusal in refusals] == ["in_calling_ae"])

    @pytest.mark.parametrize(
        "listening",
        [
            {"allowed_ae_titles": ("ROOM2",), "report_peers": (ReportPeer("OTHER", "127.0.0.1"),)},
            {"allowed_hosts": ("192.0.2.0/24",), "report_peers": (ReportPeer("PACS", "192.0.2.7"),)},
            {
                "allowed_hosts": ("192.0.2.0/24",),
                "report_peers": (ReportPeer("PACS", "no.such.host.invalid"),),
            },
            {"allowed_hosts": ("192.0.2.0/24",)},
        ],
        indirect=True,
        ids=["title", "address", "name", "none"],
    )
    def test_nobody_else_is_let_in(self, listening: StoreScp, heard: list[CommitmentReport]) -> None:
        assert not self.report(listening)
        assert heard == []

    @pytest.mark.parametrize(
        "listening",
        [{"allowed_ae_titles": ("PACS",), "report_peers": (ReportPeer("PACS", "127.0.0.1"),)}],
        indirect=True,
    )
    def test_one_on_the_list_may_send_films_as_well(self, listening: StoreScp) -> None:
        association = self.associate(listening, "PACS")
        assert len(association.accepted_contexts) == 2
        association.release()

    @pytest.mark.parametrize(
        "listening",
        [
            {"ae_title": "ROOM1", "report_peers": (ReportPeer("PACS", "127.0.0.1", "CXRWS"),)},
            {
                "ae_title": "ROOM1",
                "allowed_ae_titles": ("ROOM2",),
                "allowed_hosts": ("192.0.2.0/24",),
                "report_peers": (ReportPeer("PACS", "localhost", "CXRWS"),),
            },
        ],
        indirect=True,
        ids=["open", "listed"],
    )
    def test_they_are_heard_under_the_title_that_asked(
        self, listening: StoreScp, heard: list[CommitmentReport], refusals: list[AssociationRefused]
    ) -> None:
        assert self.report(listening)
        assert [report.transaction_uid for report in heard] == ["1.2.3"]
        eventually(lambda: [refusal.code for refusal in refusals] == ["in_called_ae"])
        assert not self.report(listening, "ROOM2"), "a modality has to call the listener"
        assert not self.report(listening, "PACS", "ROOM9")
        assert len(heard) == 1

    @pytest.mark.parametrize("listening", [{"ae_title": "ROOM1"}], indirect=True)
    def test_nobody_is_heard_under_another_title_who_was_not_asked(self, listening: StoreScp) -> None:
        assert not self.report(listening)


def test_the_settings_name_the_archives_that_may_report() -> None:
    archive = Destination("A", "pacs.example", 104, "PACS ", wants_commitment=True)
    plain = Destination("B", "other.example", 104, "OTHER")
    settings = Settings(destinations=(archive, plain))
    assert report_peers(settings) == (), "nobody is shut out"
    for listener in (Listener(allowed_hosts=("10.0.0.0/8",)), Listener(allowed_ae_titles=("ROOM2",))):
        found = report_peers(replace(settings, listener=listener))
        assert found == (ReportPeer("PACS", "pacs.example"),)
        assert config_of(listener, found).report_peers == found
    own = replace(settings, listener=Listener(ae_title="ROOM1"))
    assert report_peers(own) == (ReportPeer("PACS", "pacs.example", "CXRWS"),)
