"""The keys that seal secrets in the databases of tests."""

from api.store.sealing import Keyring

KEYRING = Keyring([bytes(range(32))])
