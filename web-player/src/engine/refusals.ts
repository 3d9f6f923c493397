/** Why the rest of a want will not come: the numbers of Refuse, as in swarm/peer_messages.py. */
export const NOT_HELD = 0;
export const BUSY = 1;
export const UNWILLING = 2;
export const LATE = 3;
