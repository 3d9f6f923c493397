/**
 * Everything that the engine's core may throw; the same tree and words as swarm/errors.py.
 *
 *     SwarmError
 *     ├── IdentityError        bytes, a proof or a name do not belong together
 *     ├── PlaylistError        a playlist must not be used
 *     │   ├── UnsignedPlaylist     it carries no signature line, or a broken one
 *     │   ├── ForgedPlaylist       the signature does not match the pinned key
 *     │   ├── WrongPlaylist        validly signed, but for another item, track or window
 *     │   ├── RolledBackPlaylist   an older edition than one already seen
 *     │   └── StalePlaylist        an older head than one already seen: ask again, or ask elsewhere
 *     └── ProtocolError        a peer or tracker message breaks the protocol
 */
export class SwarmError extends Error {
  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Bytes, a proof or a segment name do not belong together. */
export class IdentityError extends SwarmError {}

/** A playlist must not be used. */
export class PlaylistError extends SwarmError {
  /** Tells it apart where the class is not at hand. */
  readonly refusedPlaylist = true;
}

/** The playlist carries no signature line, or a broken one. */
export class UnsignedPlaylist extends PlaylistError {}

/** The signature does not match the pinned key. */
export class ForgedPlaylist extends PlaylistError {}

/** The playlist is validly signed, but for another item, track or window. */
export class WrongPlaylist extends PlaylistError {}

/** The playlist is an older edition than one already seen. */
export class RolledBackPlaylist extends PlaylistError {}

/** The playlist has an older head than one already seen; another fetch may do better. */
export class StalePlaylist extends PlaylistError {}

/** A message breaks the protocol; `reason` is a short word for counters. */
export class ProtocolError extends SwarmError {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}
