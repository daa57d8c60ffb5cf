"""A stateful stand-in for the Mailchimp Marketing API 3.0, for tests and demonstrations.

It answers what Mailchimp answers and refuses what Mailchimp refuses. The modules name the sources
of their behaviour:

- the public OpenAPI description 3.0.55 ("OpenAPI");
- Mailchimp's help pages and error glossary ("docs");
- answers recorded in public issue threads ("seen in").

Where nothing public says what happens, the comment says "undocumented".
"""
