"""A stateful stand-in for the Mailchimp Marketing API 3.0, for tests and demonstrations.

It answers what Mailchimp answers and refuses what Mailchimp refuses. Sources of behaviour, named
in the modules that follow them: the public OpenAPI description 3.0.55 ("OpenAPI"), Mailchimp's
help pages and error glossary ("docs"), and answers recorded in public issue threads ("seen in").
Where nothing public says what happens, the comment says "undocumented".
"""
