/**
 * Typed connection fields to SDP and back, for a session of data channels alone (RFC 8829, RFC 8841, RFC 8839); the
 * mirror of swarm/sdp.py. SDP lives only between a page and its own browser; on the wire travel `Connection` and
 * `Candidate`. Reading is strict about everything that matters and skips what does not; writing refuses fields that
 * could smuggle a line.
 */
import { isAddress, isMdns } from "./address.ts";
import { ProtocolError } from "./errors.ts";
import { DIGEST_BYTES } from "./identity.ts";
import { ACTPASS, HOST, MAX_CANDIDATES, PASSIVE } from "./messages.ts";
import type { Candidate, Connection } from "./messages.ts";

export const MAX_SDP_BYTES = 16 * 1024;
export const MAX_SDP_LINES = 200;
/** What we tell the other side to send at most in one message. */
export const MAX_MESSAGE_BYTES = 68 * 1024;
export const MID = "0";
const SCTP_PORT = "5000";
const KINDS = ["host", "srflx", "prflx", "relay"];
const SETUPS = ["actpass", "active", "passive"];
const UFRAG = /^[A-Za-z0-9+/]{4,256}$/;
const PASSWORD = /^[A-Za-z0-9+/]{22,256}$/;
const FOUNDATION = /^[A-Za-z0-9+/]{1,32}$/;
const FINGERPRINT = /^(?:[0-9A-Fa-f]{2}:){31}[0-9A-Fa-f]{2}$/;
const LINE = /^[a-z]=[\x20-\x7e]*$/;
const MEDIA = /^m=application \d{1,5} UDP\/DTLS\/SCTP webrtc-datachannel$/;
const CANDIDATE =
  /^candidate:([A-Za-z0-9+/]{1,32}) (\d{1,3}) ([A-Za-z]{3,8}) (\d{1,10}) ([A-Za-z0-9.:-]{1,64}) (\d{1,5}) typ ([a-z]{4,5})(?: [\x21-\x7e]+ [\x21-\x7e]+)*$/;

/** What an SDP says: its fields, and the SHA-256 of the certificate (32 bytes). */
export interface Description {
  readonly connection: Connection;
  readonly fingerprint: Uint8Array;
}

/** Write an offer or answer that demands the certificate with this SHA-256 (32 bytes). Throws ProtocolError. */
export function writeSdp(connection: Connection, fingerprint: Uint8Array): string {
  const { ufrag, password, setup, candidates } = connection;
  must(UFRAG.test(ufrag), "ufrag", ufrag);
  must(PASSWORD.test(password), "password", password);
  must(setup >= ACTPASS && setup <= PASSIVE, "setup", setup);
  must(fingerprint.length === DIGEST_BYTES, "fingerprint", fingerprint.length);
  must(candidates.length <= MAX_CANDIDATES, "candidates", candidates.length);
  const lines = [
    "v=0",
    "o=- 1 1 IN IP4 127.0.0.1",
    "s=-",
    "t=0 0",
    `a=group:BUNDLE ${MID}`,
    "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
    "c=IN IP4 0.0.0.0",
    ...candidates.map((candidate) => `a=${writeCandidate(candidate)}`),
    `a=ice-ufrag:${ufrag}`,
    `a=ice-pwd:${password}`,
    "a=ice-options:trickle",
    `a=fingerprint:sha-256 ${Array.from(fingerprint, hexByte).join(":")}`,
    `a=setup:${SETUPS[setup] ?? ""}`,
    `a=mid:${MID}`,
    `a=sctp-port:${SCTP_PORT}`,
    `a=max-message-size:${MAX_MESSAGE_BYTES}`,
  ];
  return lines.join("\r\n") + "\r\n";
}

/** Read an offer or answer. Throws ProtocolError. */
export function readSdp(text: string): Description {
  const attributes = attributesOf(linesOf(text));
  const ports = attributes.get("sctp-port") ?? [SCTP_PORT];
  must(ports.length === 1 && ports[0] === SCTP_PORT, "sctp-port", ports.join());
  const setup = only(attributes, "setup");
  must(SETUPS.includes(setup), "setup", setup);
  const ufrag = only(attributes, "ice-ufrag");
  const password = only(attributes, "ice-pwd");
  must(UFRAG.test(ufrag), "ufrag", ufrag);
  must(PASSWORD.test(password), "password", password);
  const candidates = (attributes.get("candidate") ?? [])
    .map((value) => readCandidate(`candidate:${value}`))
    .filter((candidate) => candidate !== undefined)
    .slice(0, MAX_CANDIDATES);
  const connection = { ufrag, password, setup: SETUPS.indexOf(setup), candidates };
  return { connection, fingerprint: fingerprintOf(attributes.get("fingerprint") ?? []) };
}

/** Write a candidate-attribute (RFC 8839 section 5.1). Throws ProtocolError. */
export function writeCandidate(candidate: Candidate): string {
  const { kind, foundation, priority, address, port } = candidate;
  const word = KINDS[kind];
  must(FOUNDATION.test(foundation), "foundation", foundation);
  must(priority >= 0 && priority < 2 ** 32, "priority", priority);
  must(port > 0 && port <= 65535, "port", port);
  must(isMdns(address) || isAddress(address), "address", address);
  if (word === undefined) throw new ProtocolError("sdp", `unknown kind of candidate ${kind}`);
  const line = `candidate:${foundation} 1 udp ${priority} ${address} ${port} typ ${word}`;
  if (kind === HOST) return line;
  return line + (address.includes(":") ? " raddr :: rport 9" : " raddr 0.0.0.0 rport 9");
}

/** Read a candidate-attribute; undefined when it is of no use to us (TCP, another component). Throws ProtocolError. */
export function readCandidate(line: string): Candidate | undefined {
  const match = CANDIDATE.exec(line);
  if (match === null) throw new ProtocolError("sdp", `not a candidate: ${line.slice(0, 80)}`);
  const [, foundation = "", component, transport = "", priority, address = "", port, word = ""] = match;
  if (transport.toLowerCase() !== "udp" || component !== "1") return undefined;
  const candidate = { kind: KINDS.indexOf(word), foundation, priority: Number(priority), address, port: Number(port) };
  must(candidate.kind >= 0, "kind", word);
  must(candidate.priority < 2 ** 32, "priority", candidate.priority);
  must(candidate.port > 0 && candidate.port <= 65535, "port", candidate.port);
  must(isMdns(address) || isAddress(address), "address", address);
  return candidate;
}

/** Non-empty lines of an SDP of one section for data channels. Throws ProtocolError. */
function linesOf(text: string): string[] {
  must(text.length <= MAX_SDP_BYTES, "length", text.length);
  const lines = text.replaceAll("\r\n", "\n").split("\n").filter(Boolean);
  must(lines.length > 2 && lines.length <= MAX_SDP_LINES && lines[0] === "v=0", "lines", lines.length);
  must(lines.every((line) => LINE.test(line)), "line", "");
  const media = lines.filter((line) => line.startsWith("m="));
  must(media.length === 1 && MEDIA.test(media[0] ?? ""), "media", media.join().slice(0, 80));
  return lines;
}

function attributesOf(lines: readonly string[]): Map<string, string[]> {
  const values = new Map<string, string[]>();
  for (const line of lines.filter((one) => one.startsWith("a="))) {
    const [name = "", ...rest] = line.slice(2).split(":");
    values.set(name, [...(values.get(name) ?? []), rest.join(":")]);
  }
  return values;
}

function only(attributes: ReadonlyMap<string, string[]>, name: string): string {
  const [value, second] = attributes.get(name) ?? [];
  if (value === undefined || second !== undefined) throw new ProtocolError("sdp", `an SDP has one ${name}`);
  return value;
}

/** The one SHA-256 fingerprint; other algorithms beside it say nothing more about the same certificate. */
function fingerprintOf(values: readonly string[]): Uint8Array {
  const digits = values.map((value) => value.split(" ")).filter(([algorithm]) => algorithm?.toLowerCase() === "sha-256");
  const [first] = digits;
  const text = first?.slice(1).join(" ") ?? "";
  must(digits.length === 1 && FINGERPRINT.test(text), "fingerprint", text);
  return Uint8Array.from(text.split(":"), (byte) => Number.parseInt(byte, 16));
}

function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0").toUpperCase();
}

function must(condition: boolean, what: string, value: string | number): asserts condition {
  if (!condition) throw new ProtocolError("sdp", `${what} of an SDP must not be ${String(value).slice(0, 80)}`);
}
