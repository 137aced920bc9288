"""Settings of each source of identity."""

from pierone_http.settings import Settings

SECRET = "client-secr3t"
URL = "https://iam.example.org/x"
INTROSPECTION = {
    "introspection_url": URL,
    "introspection_client_id": "pierone",
    "introspection_client_secret": SECRET,
}
JWT = {"jwt_issuer": "https://iam.example.org", "jwt_jwks_url": URL, "jwt_audience": "urn:pierone"}
TOKENINFO = {"tokeninfo_url": URL}


def settings(**values: object) -> Settings:
    """Settings of a registry in memory."""
    return Settings.model_validate({"storage": "memory"} | values)
