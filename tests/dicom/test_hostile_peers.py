"""The listener against peers that would fill its memory: each is cut off or refused, whatever it claims."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from pydicom import uid
from pynetdicom import AE, build_role
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE, N_EVENT_REPORT
from pynetdicom.pdu_primitives import P_DATA
from pynetdicom.sop_class import Verification  # type: ignore[attr-defined]

from tests.support.console import eventually
from workstation.dicom.network.commitment import PUSH_MODEL, CommitmentReport
from workstation.dicom.network.store_scp import (
    STORAGE_CLASSES,
    ListenerConfig,
    ReceivedObject,
    StoreScp,
    StoreStatus,
)

pytestmark = pytest.mark.usefixtures("no_thread_outlives_the_test")


@contextlib.contextmanager
def _associated(scp: StoreScp, sop_class: str, syntax: str) -> Iterator[Association]:
    ae = AE("MODALITY")
    ae.add_requested_context(sop_class, syntax)
    role = build_role(PUSH_MODEL, scu_role=False, scp_role=True)
    association = ae.associate("127.0.0.1", scp.port, ae_title="CXRWS", ext_neg=[role])
    assert association.is_established
    assert association.dul.socket is not None
    raw: Any = association.dul.socket.socket
    try:
        yield association
    finally:
        association._reactor_checkpoint.set()
        association.abort()
        raw.close()  # pynetdicom forgets to where the other side was faster


def _config(**changes: Any) -> ListenerConfig:
    return ListenerConfig(port=0, address="127.0.0.1", **changes)


@pytest.fixture
def heard() -> list[CommitmentReport]:
    return []


@pytest.fixture
def listener(heard: list[CommitmentReport]) -> Iterator[StoreScp]:
    with StoreScp(_config(), lambda _: StoreStatus.SUCCESS, on_report=heard.append) as scp:
        yield scp


@pytest.mark.parametrize(
    "sop_class", [PUSH_MODEL, STORAGE_CLASSES[0]], ids=["own context", "a film's context"]
)
def test_a_report_that_unpacks_without_end_is_not_unpacked(
    listener: StoreScp, heard: list[CommitmentReport], sop_class: str
) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    size = 20_000_000
    packed = packer.compress(b"\x09\x00\x01\x10OB\0\0" + size.to_bytes(4, "little"))
    packed += b"".join(packer.compress(bytes(size // 10)) for _ in range(10)) + packer.flush()
    report = N_EVENT_REPORT()
    report.MessageID = 1
    report.AffectedSOPClassUID = PUSH_MODEL
    report.AffectedSOPInstanceUID = "1.2.840.10008.1.20.1.1"
    report.EventTypeID = 1
    report.EventInformation = BytesIO(packed)
    with _associated(listener, sop_class, uid.DeflatedExplicitVRLittleEndian) as association:
        association._reactor_checkpoint.clear()
        eventually(lambda: association._is_paused)
        association.dimse.send_msg(report, association.accepted_contexts[0].context_id)
        _, answer = association.dimse.get_msg(block=True)
    assert answer is not None
    assert answer.Status == 0x0110
    assert heard == []


def test_a_command_without_end_ends_its_association(listener: StoreScp) -> None:
    with _associated(listener, Verification, uid.ImplicitVRLittleEndian) as association:
        context = association.accepted_contexts[0].context_id
        for _ in range(10):
            data = P_DATA()
            data.presentation_data_value_list = [[context, b"\x01" + bytes(16_000)]]
            association.dul.send_pdu(data)
        eventually(lambda: not listener._server.active_associations)


def test_a_peer_that_waits_for_no_answer_cannot_pile_films_up() -> None:
    taken: list[ReceivedObject] = []
    sent = 0

    def store(received: ReceivedObject) -> StoreStatus:
        taken.append(received)
        # Two films arrive for each that is stored: never more than the limit between two of them.
        eventually(lambda: sent >= min(20, 2 * len(taken)))
        time.sleep(0.05)
        return StoreStatus.SUCCESS

    with (
        StoreScp(_config(max_object=3_500_000), store) as scp,
        _associated(scp, STORAGE_CLASSES[0], uid.ImplicitVRLittleEndian) as association,
    ):
        association._reactor_checkpoint.clear()
        eventually(lambda: association._is_paused)
        for number in range(1, 21):
            request = C_STORE()
            request.MessageID = number
            request.AffectedSOPClassUID = STORAGE_CLASSES[0]
            request.AffectedSOPInstanceUID = f"1.2.{number}"
            request.Priority = 2
            request.DataSet = BytesIO(bytes(1_000_000))
            association.dimse.send_msg(request, association.accepted_contexts[0].context_id)
            sent = number
            eventually(lambda number=number: 2 * len(taken) >= number or not scp._server.active_associations)
        eventually(lambda: len(taken) == 20 or not scp._server.active_associations)
    assert len(taken) < 20
