"""A small web written for this project: invented bodies, their sites and papers, served by a proxy on loopback.

python -m tests.sample_web serve      # leave it running and point a crawler at it
python -m tests.sample_web.demo       # the demonstration that `make demo` runs
"""

from __future__ import annotations

from tests.sample_web.build import Truth, Web, build
from tests.sample_web.server import SampleWeb

__all__ = ["SampleWeb", "Truth", "Web", "build"]
