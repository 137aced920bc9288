"""Layers with and without a source."""

import json

from tests.unit.api.layers import FILE, SCM_SOURCE, SOURCE, layer

from pierone_core.values import Tag

URL = SOURCE["url"]
BASE = layer((FILE, json.dumps({"url": "git:base"}).encode()))
OWN = layer(("etc/x", b"x"), (FILE, SCM_SOURCE))
PLAIN = layer(("etc/x", b"x"))
V1 = Tag("1.0")
