"""Signing in through a body's own OpenID provider: OpenID Connect Core 1.0, the authorization code flow and no other.

``discovery`` reads what a provider says of itself, ``asking`` sends a browser to it, ``answering`` takes a code to a
verified account. Nothing here is stored, nothing is matched by name or mail, and no token outlives the request.
"""
