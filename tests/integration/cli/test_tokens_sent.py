"""Which token goes to which registry, and to no other."""

import pytest
from tests.integration.cli.command import Home
from tests.integration.cli.conftest import Stand
from tests.integration.cli.pier_one import PierOne
from tests.integration.identity.stand_in import Reply, StandIn, reply_always


def test_who_is_refused_is_told_the_login_of_this_program(home: Home, registry: StandIn) -> None:
    said = {"message": "the access token has expired; log in again: docker login <registry>"}
    registry.answer = reply_always(Reply(401, said))
    done = home.pierone("teams")
    assert f"has expired; log in again: pierone login --url {registry.url} (status 401)" in done.err


def test_a_password_in_the_address_is_refused_and_not_shown(home: Home) -> None:
    for url in ("http://u:s3cret@127.0.0.1", "u:s3cret@[::1", "http://u:s3c/ret@a"):
        done = home.pierone("teams", "--url", url)
        assert done.code == 1
        assert "a registry is named without a user and a password" in done.err
        assert "s3c" not in done.err


def test_who_has_no_token_is_told_to_log_in(home: Home, registry: StandIn) -> None:
    done = home.pierone("teams", OAUTH2_ACCESS_TOKENS="")
    assert done.code == 1
    assert f"wants a login; run `pierone login --url {registry.url}`" in done.err


def test_a_registry_that_lets_everybody_in_needs_no_token(home: Home, pier_one: PierOne) -> None:
    pier_one.is_open = True
    assert home.pierone("latest", "myteam", "myapp", OAUTH2_ACCESS_TOKENS="").out == "1.1\n"


def test_a_token_comes_as_an_option_or_on_standard_input(home: Home) -> None:
    command = ("latest", "myteam", "myapp", "--token")
    assert home.pierone(*command, "t0ken", OAUTH2_ACCESS_TOKENS="").code == 0
    assert home.pierone(*command, "-", typed="t0ken\n", OAUTH2_ACCESS_TOKENS="").code == 0
    assert home.pierone(*command, "wrong").code == 1
    assert "the token is empty" in home.pierone(*command, "-").err


@pytest.mark.parametrize("token", ["a b", "a\nb", "gehe\N{LATIN SMALL LETTER I WITH DIAERESIS}m", "a\0b"])
def test_what_can_be_no_token_is_not_sent_and_not_shown(home: Home, registry: StandIn, token: str) -> None:
    done = home.pierone("teams", "--token", token)
    assert done.code == 1
    assert done.err == "Error: the token of --token has spaces or characters that no token has; check it\n"
    assert registry.asked == []


def test_a_redirect_to_another_host_does_not_carry_the_token_there(home: Home, stand: Stand, registry: StandIn) -> None:
    other = stand(reply_always(Reply(body=["stolen"])))
    target = other.url.replace("127.0.0.1", "localhost")
    registry.answer = reply_always(Reply(307, headers={"Location": f"{target}/teams"}))
    assert home.pierone("teams").code == 0
    assert [asked.headers.get("Authorization") for asked in other.asked] == [None]


def test_the_next_page_cannot_lead_the_token_to_another_host(home: Home, stand: Stand, registry: StandIn) -> None:
    other = stand(reply_always(Reply(body=[])))
    link = {"Link": f'<{other.url}/teams?from=1>; rel="next"'}
    registry.answer = lambda asked: Reply(body=["a"], headers={} if asked.query else link)
    assert home.pierone("teams").code == 0
    assert other.asked == []
