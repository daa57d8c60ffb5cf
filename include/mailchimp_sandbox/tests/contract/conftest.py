"""The fixtures of ``recorded``, for the tests of this folder."""

from mailchimp_sandbox.tests.contract.recorded import (  # noqa: F401 - pytest finds them here
    description,
    recorded,
    sandbox_process,
)
