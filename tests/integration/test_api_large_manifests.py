"""Many large manifests: pushed at once, of the kind that fills most memory; and in the list of what refers to one."""

from concurrent.futures import ThreadPoolExecutor

from tests.integration.oci import OCI_INDEX, OCI_MANIFEST, Repository, connect, descriptor, index_of
from tests.integration.server import Server
from tests.integration.survival.process import memory

AT_ONCE = 8
# What clients read of an index at the most (spec: "Pushing Manifests").
CLIENTS_READ = 4 << 20
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


def test_a_hundred_referrers_with_a_mebibyte_of_annotations_are_listed_in_pages_that_clients_read(
    server: Server,
) -> None:
    subject = descriptor(b"what is referred to", OCI_MANIFEST)
    notes = {"filling": "x" * (1 << 20)}
    with connect(server.url) as api:
        repo = Repository(api)
        pushed = [repo.push("", index_of(subject=subject, text=i, annotations=notes)) for i in range(100)]
        before, listed = memory(server, "VmHWM"), []
        url = f"{repo.url}/referrers/{subject['digest']}"
        while url:
            page = api.get(url)
            assert len(page.content) <= CLIENTS_READ
            listed += [str(item["digest"]) for item in page.json()["manifests"]]
            url = page.links["next"]["url"] if "next" in page.links else ""
    assert listed == sorted(str(item["digest"]) for item in pushed)
    assert memory(server, "VmHWM") - before < 10 * CLIENTS_READ
