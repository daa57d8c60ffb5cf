"""A sandbox whose whole traffic is recorded, for the tests of this folder."""

from mailchimp_sandbox.tests.contract.recorded import (  # noqa: F401 - pytest finds them here
    recorded,
    sandbox_process,
)
