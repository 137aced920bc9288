"""Tokens of our own, signed with an elliptic-curve key (RFC 7519, RFC 7518 section 3.4)."""

from pierone_adapters.jwt.issuer import JwtIssuer
from pierone_adapters.jwt.keys import SigningKey, kept_key, new_key, new_pem, parse_key, read_key

__all__ = ["JwtIssuer", "SigningKey", "kept_key", "new_key", "new_pem", "parse_key", "read_key"]
