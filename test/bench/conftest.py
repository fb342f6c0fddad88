# SPDX-License-Identifier: Apache-2.0
import pytest

from driver.peers.peer import raise_descriptor_limit
from support.tls import Certificate


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return Certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session", autouse=True)
def many_descriptors():
    return raise_descriptor_limit()
