"""EC2 instances that prove which account they run in."""

from pierone_adapters.aws.instance_identity import InstanceIdentity

__all__ = ["InstanceIdentity"]
