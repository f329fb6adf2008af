"""What stands between the key-encryption key and the office's secrets: a body's derivation root, and keys just replaced.

Keys that are derived, not stored, come from a root that is wrapped like every other secret, so that they outlive a
rotation of the key-encryption key. Nothing here ever leaves unwrapped but into the memory of the process that asked.
"""
