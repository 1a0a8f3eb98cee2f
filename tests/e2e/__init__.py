"""The hub as processes, with everyone around it."""

import pytest

pytest.register_assert_rewrite("tests.e2e.desks")
