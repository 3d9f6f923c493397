"""The shared core of Banyan: identities, wire format, signed playlists, tickets, fetch policy, matching scores.

Nothing in this package does input or output. Time, randomness and bytes come in as arguments.
"""
