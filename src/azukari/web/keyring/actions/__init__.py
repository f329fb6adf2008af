"""Writing to the keyring."""
