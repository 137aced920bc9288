"""Many large manifests at once, of the kind that fills most memory: the server takes them, and not all at once."""

from concurrent.futures import ThreadPoolExecutor

from tests.integration.oci import OCI_INDEX, Repository, connect
from tests.integration.server import Server
from tests.integration.survival.process import memory

AT_ONCE = 8
# Of nothing but small objects, each of which takes some two hundred bytes once it is parsed.
WIDEST = b'{"schemaVersion": 2, "manifests": [], "x": [' + b'{"":0},' * (4 << 20 >> 3) + b"0]}"
# What one of them takes while it is parsed, with room to spare; all together would take several times as much.
ONE_PARSED = 250 << 20


def test_large_manifests_at_once_are_parsed_one_after_the_other(server: Server) -> None:
    before = memory(server, "VmHWM")
    with connect(server.url) as api, ThreadPoolExecutor(AT_ONCE) as clients:
        repo = Repository(api)
        answers = clients.map(lambda number: repo.put(f"1.{number}", WIDEST, OCI_INDEX), range(AT_ONCE))
        assert [response.status_code for response in answers] == [201] * AT_ONCE
    grown = memory(server, "VmHWM") - before
    assert grown < ONE_PARSED + AT_ONCE * 3 * len(WIDEST)
