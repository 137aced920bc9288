"""Who is calling: nobody in particular (open mode), users in a file, or whom other sources vouch for."""

from pierone_adapters.identity.chain import INSTANCE_USER, IdentityChain
from pierone_adapters.identity.open import OpenIdentity
from pierone_adapters.identity.static_users import StaticUsers, hash_password
from pierone_adapters.identity.team_file import TeamFile

__all__ = ["INSTANCE_USER", "IdentityChain", "OpenIdentity", "StaticUsers", "TeamFile", "hash_password"]
