"""What every journey in a browser grants: machines of tests are slow and busy, and nothing is proved by haste."""

from playwright.sync_api import expect

expect.set_options(timeout=20_000)
