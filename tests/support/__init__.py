"""What several test modules need; fixtures are in the conftest.py files."""

import pytest

# Their assertions tell what they compared, as those of the test modules do.
pytest.register_assert_rewrite("support.caches", "support.commands", "support.facts", "support.transactions")
