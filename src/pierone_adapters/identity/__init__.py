"""Who is calling: nobody in particular (open mode), or users in a file."""

from pierone_adapters.identity.open import OpenIdentity
from pierone_adapters.identity.static_users import StaticUsers, hash_password

__all__ = ["OpenIdentity", "StaticUsers", "hash_password"]
