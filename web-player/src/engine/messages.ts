// Written by `python -m swarm.typescript` from the classes in swarm/; do not edit.
/* eslint max-lines: "off" -- one table for all messages */
import type { Fields, MessageTypes } from "./schema.ts";

export const PEER_VERSION = 1;
export const VIEWER = 0;
export const SEEDER = 1;
export const PEER_MAX_MESSAGE_BYTES = 69632;
export const MOST_TRACKS = 1024;
export const REFUSALS = ["not held", "busy", "unwilling", "late"] as const;
export const NOT_HELD = 0;
export const BUSY = 1;
export const UNWILLING = 2;
export const LATE = 3;
export const TRACKER_VERSION = 1;
export const TRACKER_MAX_MESSAGE_BYTES = 65536;
export const MAX_CANDIDATES = 12;
export const MAX_INTRODUCTIONS = 4;
export const ACTPASS = 0;
export const ACTIVE = 1;
export const PASSIVE = 2;
export const HOST = 0;
export const SRFLX = 1;
export const PRFLX = 2;
export const RELAY = 3;
export const NO_SEQUENCE = -1;

/** One ICE candidate of component 1 over UDP (RFC 8839 section 5.1), as fields. */
export interface Candidate {
  readonly kind: number;
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
}

/** What one side needs to open a DTLS connection to the other, but for the fingerprint. */
export interface Connection {
  readonly ufrag: string;
  readonly password: string;
  readonly setup: number;
  readonly candidates: readonly Candidate[];
}

/** One peer worth meeting. `position`, `first` and `last` as in Announce. */
export interface Introduced {
  readonly peer: Uint8Array;
  readonly role: number;
  readonly position: number;
  readonly first: number;
  readonly last: number;
}

/** First message of both sides: version, what the sender is, and the block bytes it lets the other send. */
export interface Hello {
  readonly type: "Hello";
  readonly version: number;
  readonly role: number;
  readonly agent: string;
  readonly credit: number;
}

/** The sender's number for a track; `have`, `held` and `loading` of the sender use it from then on. */
export interface Track {
  readonly type: "Track";
  readonly handle: number;
  readonly item: string;
  readonly track: string;
}

/** All whole segments that the sender can serve of a track: bit k (lowest bit first) stands for base + k. */
export interface Have {
  readonly type: "Have";
  readonly handle: number;
  readonly base: number;
  readonly bitmap: Uint8Array;
}

/** One segment gained (`held`) or dropped since the last Have. */
export interface Held {
  readonly type: "Held";
  readonly handle: number;
  readonly sequence: number;
  readonly held: boolean;
}

/** Which blocks of a segment in flight may be asked for, lowest bit first: those verified, and those on their way */
export interface Loading {
  readonly type: "Loading";
  readonly handle: number;
  readonly sequence: number;
  readonly blocks: Uint8Array;
}

/** Ask for `count` blocks of a segment from block `first`, useful for `deadline` ms from now. */
export interface Want {
  readonly type: "Want";
  readonly request: number;
  readonly segment: Uint8Array;
  readonly first: number;
  readonly count: number;
  readonly deadline: number;
  readonly proof: boolean;
}

/** Size and block hashes of a segment, as `swarm.identity.Proof.encode` writes them. */
export interface SegmentProof {
  readonly type: "SegmentProof";
  readonly segment: Uint8Array;
  readonly proof: Uint8Array;
}

/** The rest of a want will not come; `reason` is an index into REFUSALS. */
export interface Refuse {
  readonly type: "Refuse";
  readonly request: number;
  readonly reason: number;
}

/** The sender no longer needs the rest of a want. */
export interface Cancel {
  readonly type: "Cancel";
  readonly request: number;
}

/** The total of block bytes, since the connection opened, that the other side may send; it never falls. */
export interface Credit {
  readonly type: "Credit";
  readonly limit: number;
}

/** The sender closes the connection on purpose: leave, full, or a protocol error of the other side. */
export interface Bye {
  readonly type: "Bye";
  readonly reason: string;
}

/** A want waits for the sender's uplink: told every 1.2 s while nothing goes out to the receiver. */
export interface Waiting {
  readonly type: "Waiting";
  readonly request: number;
}

/** First message of a peer: its ticket. */
export interface Join {
  readonly type: "Join";
  readonly version: number;
  readonly ticket: string;
  readonly agent: string;
}

/** A fresh ticket of the same subject, course and fingerprint, before the old one ends. */
export interface Renew {
  readonly type: "Renew";
  readonly ticket: string;
}

/** Where the peer stands in an item, and how many new neighbours it wants (0 to 4). */
export interface Announce {
  readonly type: "Announce";
  readonly item: string;
  readonly position: number;
  readonly first: number;
  readonly last: number;
  readonly slots: number;
  readonly want: number;
  readonly neighbours: readonly Uint8Array[];
  readonly failed: readonly Uint8Array[];
  readonly strain: number;
}

/** An offer to a candidate the tracker named. */
export interface Offer {
  readonly type: "Offer";
  readonly to: Uint8Array;
  readonly offer: number;
  readonly connection: Connection;
}

/** The answer to an offer that came in. */
export interface Answer {
  readonly type: "Answer";
  readonly to: Uint8Array;
  readonly offer: number;
  readonly connection: Connection;
}

/** Candidates found after an offer or answer was sent (RFC 8838). */
export interface Trickle {
  readonly type: "Trickle";
  readonly to: Uint8Array;
  readonly offer: number;
  readonly candidates: readonly Candidate[];
}

/** The peer stops watching an item; closing the socket leaves all. */
export interface Leave {
  readonly type: "Leave";
  readonly item: string;
}

/** Telemetry of one peer and item since its last report; every counter is a difference. */
export interface Report {
  readonly type: "Report";
  readonly item: string;
  readonly interval: number;
  readonly http: number;
  readonly peer: number;
  readonly seeder: number;
  readonly sent: number;
  readonly wasted: number;
  readonly played: number;
  readonly playedMs: number;
  readonly stalledMs: number;
  readonly startup: number;
  readonly rejected: number;
  readonly neighbours: number;
}

/** The peer is in: its id for this connection, how often to announce and to report, and the tracker's clock. */
export interface Welcome {
  readonly type: "Welcome";
  readonly peer: Uint8Array;
  readonly announceMs: number;
  readonly reportMs: number;
  readonly now: number;
}

/** Answer to Announce: peers to send offers to, best first. */
export interface Candidates {
  readonly type: "Candidates";
  readonly item: string;
  readonly peers: readonly Introduced[];
}

/** An offer from `peer`; its fingerprint is the one in its ticket. */
export interface Offered {
  readonly type: "Offered";
  readonly peer: Uint8Array;
  readonly role: number;
  readonly fingerprint: Uint8Array;
  readonly offer: number;
  readonly connection: Connection;
}

/** The answer of `peer` to one of our offers. */
export interface Answered {
  readonly type: "Answered";
  readonly peer: Uint8Array;
  readonly role: number;
  readonly fingerprint: Uint8Array;
  readonly offer: number;
  readonly connection: Connection;
}

/** Late candidates of `peer`. */
export interface Trickled {
  readonly type: "Trickled";
  readonly peer: Uint8Array;
  readonly offer: number;
  readonly candidates: readonly Candidate[];
}

/** `peer` cannot be reached: an offer to it is void, or it has left. */
export interface Gone {
  readonly type: "Gone";
  readonly peer: Uint8Array;
  readonly offer: number;
}

/** The peer's part in a live item: feeders fetch their stripe of each new segment over HTTP at once. */
export interface Duty {
  readonly type: "Duty";
  readonly item: string;
  readonly stripe: number;
  readonly stripes: number;
  readonly members: number;
}

/** A request was refused, with a short reason; with `retry` > 0 it may be tried again after so many ms. */
export interface Refused {
  readonly type: "Refused";
  readonly reason: string;
  readonly message: string;
  readonly retry: number;
}

const CandidateFields: Fields = [
  { name: "kind", shape: "uint", most: 3 },
  { name: "foundation", shape: "text", least: 1, most: 32 },
  { name: "priority", shape: "uint", most: 4294967295 },
  { name: "address", shape: "text", least: 1, most: 64 },
  { name: "port", shape: "uint", most: 65535 },
];

const ConnectionFields: Fields = [
  { name: "ufrag", shape: "text", least: 4, most: 256 },
  { name: "password", shape: "text", least: 22, most: 256 },
  { name: "setup", shape: "uint", most: 2 },
  { name: "candidates", shape: "many", most: 12, element: { name: "candidates", shape: "record", record: CandidateFields } },
];

const IntroducedFields: Fields = [
  { name: "peer", shape: "blob", least: 16, most: 16 },
  { name: "role", shape: "uint", most: 1 },
  { name: "position", shape: "int", most: 9007199254740991 },
  { name: "first", shape: "int", most: 9007199254740991 },
  { name: "last", shape: "int", most: 9007199254740991 },
];

export type PeerMessage =
  | Hello
  | Track
  | Have
  | Held
  | Loading
  | Want
  | SegmentProof
  | Refuse
  | Cancel
  | Credit
  | Bye
  | Waiting;

export const PEER_TYPES: MessageTypes = new Map([
  [1, { name: "Hello", fields: [
    { name: "version", shape: "uint", most: 65535 },
    { name: "role", shape: "uint", most: 1 },
    { name: "agent", shape: "text", least: 0, most: 64 },
    { name: "credit", shape: "uint", most: 9007199254740991 },
  ] }],
  [2, { name: "Track", fields: [
    { name: "handle", shape: "uint", most: 1023 },
    { name: "item", shape: "text", least: 1, most: 64 },
    { name: "track", shape: "text", least: 1, most: 64 },
  ] }],
  [3, { name: "Have", fields: [
    { name: "handle", shape: "uint", most: 1023 },
    { name: "base", shape: "uint", most: 9007199254740991 },
    { name: "bitmap", shape: "blob", least: 0, most: 4096 },
  ] }],
  [4, { name: "Held", fields: [
    { name: "handle", shape: "uint", most: 1023 },
    { name: "sequence", shape: "uint", most: 9007199254740991 },
    { name: "held", shape: "flag" },
  ] }],
  [5, { name: "Loading", fields: [
    { name: "handle", shape: "uint", most: 1023 },
    { name: "sequence", shape: "uint", most: 9007199254740991 },
    { name: "blocks", shape: "blob", least: 0, most: 256 },
  ] }],
  [6, { name: "Want", fields: [
    { name: "request", shape: "uint", most: 4294967295 },
    { name: "segment", shape: "blob", least: 32, most: 32 },
    { name: "first", shape: "uint", most: 2047 },
    { name: "count", shape: "uint", most: 2048 },
    { name: "deadline", shape: "uint", most: 600000 },
    { name: "proof", shape: "flag" },
  ] }],
  [7, { name: "SegmentProof", fields: [
    { name: "segment", shape: "blob", least: 32, most: 32 },
    { name: "proof", shape: "blob", least: 40, most: 65544 },
  ] }],
  [8, { name: "Refuse", fields: [
    { name: "request", shape: "uint", most: 4294967295 },
    { name: "reason", shape: "uint", most: 3 },
  ] }],
  [9, { name: "Cancel", fields: [
    { name: "request", shape: "uint", most: 4294967295 },
  ] }],
  [10, { name: "Credit", fields: [
    { name: "limit", shape: "uint", most: 9007199254740991 },
  ] }],
  [11, { name: "Bye", fields: [
    { name: "reason", shape: "text", least: 0, most: 64 },
  ] }],
  [12, { name: "Waiting", fields: [
    { name: "request", shape: "uint", most: 4294967295 },
  ] }],
]);

export type ToTracker =
  | Join
  | Renew
  | Announce
  | Offer
  | Answer
  | Trickle
  | Leave
  | Report;

export const TO_TRACKER_TYPES: MessageTypes = new Map([
  [1, { name: "Join", fields: [
    { name: "version", shape: "uint", most: 65535 },
    { name: "ticket", shape: "text", least: 1, most: 4096 },
    { name: "agent", shape: "text", least: 0, most: 64 },
  ] }],
  [2, { name: "Renew", fields: [
    { name: "ticket", shape: "text", least: 1, most: 4096 },
  ] }],
  [3, { name: "Announce", fields: [
    { name: "item", shape: "text", least: 1, most: 64 },
    { name: "position", shape: "int", most: 9007199254740991 },
    { name: "first", shape: "int", most: 9007199254740991 },
    { name: "last", shape: "int", most: 9007199254740991 },
    { name: "slots", shape: "uint", most: 65535 },
    { name: "want", shape: "uint", most: 4 },
    { name: "neighbours", shape: "many", most: 128, element: { name: "neighbours", shape: "blob", least: 16, most: 16 } },
    { name: "failed", shape: "many", most: 64, element: { name: "failed", shape: "blob", least: 16, most: 16 } },
    { name: "strain", shape: "uint", most: 1000 },
  ] }],
  [4, { name: "Offer", fields: [
    { name: "to", shape: "blob", least: 16, most: 16 },
    { name: "offer", shape: "uint", most: 4294967295 },
    { name: "connection", shape: "record", record: ConnectionFields },
  ] }],
  [5, { name: "Answer", fields: [
    { name: "to", shape: "blob", least: 16, most: 16 },
    { name: "offer", shape: "uint", most: 4294967295 },
    { name: "connection", shape: "record", record: ConnectionFields },
  ] }],
  [6, { name: "Trickle", fields: [
    { name: "to", shape: "blob", least: 16, most: 16 },
    { name: "offer", shape: "uint", most: 4294967295 },
    { name: "candidates", shape: "many", most: 12, element: { name: "candidates", shape: "record", record: CandidateFields } },
  ] }],
  [7, { name: "Leave", fields: [
    { name: "item", shape: "text", least: 1, most: 64 },
  ] }],
  [8, { name: "Report", fields: [
    { name: "item", shape: "text", least: 1, most: 64 },
    { name: "interval", shape: "uint", most: 3600000 },
    { name: "http", shape: "uint", most: 1099511627776 },
    { name: "peer", shape: "uint", most: 1099511627776 },
    { name: "seeder", shape: "uint", most: 1099511627776 },
    { name: "sent", shape: "uint", most: 1099511627776 },
    { name: "wasted", shape: "uint", most: 1099511627776 },
    { name: "played", shape: "uint", most: 1099511627776 },
    { name: "playedMs", shape: "uint", most: 3600000 },
    { name: "stalledMs", shape: "uint", most: 3600000 },
    { name: "startup", shape: "uint", most: 3600000 },
    { name: "rejected", shape: "uint", most: 65535 },
    { name: "neighbours", shape: "uint", most: 65535 },
  ] }],
]);

export type FromTracker =
  | Welcome
  | Candidates
  | Offered
  | Answered
  | Trickled
  | Gone
  | Duty
  | Refused;

export const FROM_TRACKER_TYPES: MessageTypes = new Map([
  [33, { name: "Welcome", fields: [
    { name: "peer", shape: "blob", least: 16, most: 16 },
    { name: "announceMs", shape: "uint", most: 3600000 },
    { name: "reportMs", shape: "uint", most: 3600000 },
    { name: "now", shape: "uint", most: 9007199254740991 },
  ] }],
  [34, { name: "Candidates", fields: [
    { name: "item", shape: "text", least: 1, most: 64 },
    { name: "peers", shape: "many", most: 4, element: { name: "peers", shape: "record", record: IntroducedFields } },
  ] }],
  [35, { name: "Offered", fields: [
    { name: "peer", shape: "blob", least: 16, most: 16 },
    { name: "role", shape: "uint", most: 1 },
    { name: "fingerprint", shape: "blob", least: 32, most: 32 },
    { name: "offer", shape: "uint", most: 4294967295 },
    { name: "connection", shape: "record", record: ConnectionFields },
  ] }],
  [36, { name: "Answered", fields: [
    { name: "peer", shape: "blob", least: 16, most: 16 },
    { name: "role", shape: "uint", most: 1 },
    { name: "fingerprint", shape: "blob", least: 32, most: 32 },
    { name: "offer", shape: "uint", most: 4294967295 },
    { name: "connection", shape: "record", record: ConnectionFields },
  ] }],
  [37, { name: "Trickled", fields: [
    { name: "peer", shape: "blob", least: 16, most: 16 },
    { name: "offer", shape: "uint", most: 4294967295 },
    { name: "candidates", shape: "many", most: 12, element: { name: "candidates", shape: "record", record: CandidateFields } },
  ] }],
  [38, { name: "Gone", fields: [
    { name: "peer", shape: "blob", least: 16, most: 16 },
    { name: "offer", shape: "uint", most: 4294967295 },
  ] }],
  [39, { name: "Duty", fields: [
    { name: "item", shape: "text", least: 1, most: 64 },
    { name: "stripe", shape: "int", most: 9007199254740991 },
    { name: "stripes", shape: "uint", most: 65535 },
    { name: "members", shape: "uint", most: 9007199254740991 },
  ] }],
  [40, { name: "Refused", fields: [
    { name: "reason", shape: "text", least: 1, most: 32 },
    { name: "message", shape: "text", least: 0, most: 256 },
    { name: "retry", shape: "uint", most: 3600000 },
  ] }],
]);
