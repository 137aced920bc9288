"""What a credential looks like in a request and in files, and that it does not show itself."""

from pierone_cli.credential import Credential
from pierone_cli.tokens.kept import Kept


def test_a_token_is_a_bearer_token_and_a_password_is_basic_authentication() -> None:
    assert Credential("oauth2", "tok123").headers == {"Authorization": "Bearer tok123"}
    assert Credential("alice", "pass word").headers == {"Authorization": "Basic YWxpY2U6cGFzcyB3b3Jk"}


def test_files_of_clients_have_the_vectors_of_the_earlier_client_on_one_line() -> None:
    assert Credential("oauth2", "12377").basic == "b2F1dGgyOjEyMzc3"
    assert Credential("oauth2", "tok123").basic == "b2F1dGgyOnRvazEyMw=="
    assert "\n" not in Credential("oauth2", "x" * 500).basic


def test_a_secret_is_not_in_what_is_printed_of_its_holder() -> None:
    shown = repr(Credential("oauth2", "s3cret")) + repr(Kept(secret="s3cret", refresh_token="s3cret"))
    assert "s3cret" not in shown
