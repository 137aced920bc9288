"""The HTTP edge: the OCI distribution API over the core, and the composition root (`container`)."""
