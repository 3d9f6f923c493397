// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/engine/errors.ts";
import type { Candidate, Connection } from "../../src/engine/messages.ts";
import { readCandidate, readSdp, writeSdp } from "../../src/engine/sdp.ts";
import { bytes, hex, load } from "./vectors.ts";

type PlainCandidate = [number, string, number, string, number];
type PlainConnection = [string, string, number, PlainCandidate[]];
const VECTORS = load("sdp") as {
  fingerprint: string;
  written: { connection: PlainConnection; sdp: string }[];
  read: { connection: PlainConnection; sdp: string }[];
  refused: { why: string; sdp: string }[];
  refused_connections: PlainConnection[];
  candidates: { line: string; candidate: PlainCandidate | null }[];
  refused_candidates: string[];
};
const PRINT = bytes(VECTORS.fingerprint);

function candidate([kind, foundation, priority, address, port]: PlainCandidate): Candidate {
  return { kind, foundation, priority, address, port };
}

function connection([ufrag, password, setup, candidates]: PlainConnection): Connection {
  return { ufrag, password, setup, candidates: candidates.map(candidate) };
}

describe("SDP, as Python writes and reads it", () => {
  it.each(VECTORS.written)("writes $connection.0", (vector) => {
    expect(writeSdp(connection(vector.connection), PRINT)).toBe(vector.sdp);
    expect(readSdp(vector.sdp).connection).toEqual(connection(vector.connection));
  });

  it.each(VECTORS.read)("reads a browser's", ({ sdp, connection: plain }) => {
    const read = readSdp(sdp);
    expect(read.connection).toEqual(connection(plain));
    expect(hex(read.fingerprint)).toBe(VECTORS.fingerprint);
  });

  it.each(VECTORS.refused)("refuses $why", ({ sdp }) => {
    expect(() => readSdp(sdp)).toThrow(ProtocolError);
  });

  it.each(VECTORS.refused_connections)("never writes %j", (...plain) => {
    expect(() => writeSdp(connection(plain), PRINT)).toThrow(ProtocolError);
  });

  it("never writes half a fingerprint", () => {
    const good = connection(VECTORS.written[0]?.connection ?? ["", "", 0, []]);
    expect(() => writeSdp(good, PRINT.subarray(1))).toThrow(ProtocolError);
  });

  it.each(VECTORS.candidates)("reads $line", ({ line, candidate: plain }) => {
    expect(readCandidate(line)).toEqual(plain === null ? undefined : candidate(plain));
  });

  it.each(VECTORS.refused_candidates)("refuses %j", (line) => {
    expect(() => readCandidate(line)).toThrow(ProtocolError);
  });
});

describe("any text", () => {
  const pieces = (VECTORS.read[0]?.sdp ?? "").split("\n");
  const mangled = fc.array(fc.oneof(fc.constantFrom(...pieces), fc.string()), { maxLength: 30 });

  it("gives a description or a ProtocolError", () => {
    fc.assert(
      fc.property(mangled, (lines) => {
        try {
          readSdp(["v=0", ...lines].join("\n"));
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });

  it("in a field is written in its own line or refused", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (ufrag, address) => {
        const candidates = [{ kind: 0, foundation: "1", priority: 1, address, port: 9 }];
        try {
          const sdp = writeSdp({ ufrag, password: "p".repeat(22), setup: 0, candidates }, PRINT);
          expect(sdp.split("\r\n")).toHaveLength(18);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
    );
  });
});
