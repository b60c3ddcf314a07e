"""One Hypothesis profile for everybody: no deadlines (timings belong in benchmarks), reproducible in CI."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile("uat", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", parent=settings.get_profile("uat"), derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "uat")
