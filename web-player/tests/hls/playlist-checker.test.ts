import { beforeAll, describe, expect, it } from "vitest";
import { VerifyingKey } from "../../src/engine/playlist.ts";
import { PlaylistChecker, askedOf } from "../../src/hls/playlist-checker.ts";

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256" } as const;
let pair: CryptoKeyPair;
let key: Promise<VerifyingKey>;

beforeAll(async () => {
  pair = await crypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const { kty = "", crv = "", x = "", y = "" } = await crypto.subtle.exportKey("jwk", pair.publicKey);
  key = VerifyingKey.fromJwk({ kty, crv, x, y }, crypto.subtle);
});

/** A playlist as the origin signs it. */
async function signed(window: string, head: number, { edition = 1, track = "v720" } = {}): Promise<Uint8Array> {
  const text = new TextEncoder();
  const claims = `v=1,kid=k,item=i,track=${track},window=${window},edition=${edition},head=${head},time=5`;
  const body = `#EXTM3U\n#BANYAN:${claims},`;
  const message = text.encode(`banyan/playlist/1\0${body}`);
  const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, pair.privateKey, message);
  return text.encode(`${body}sig=${Buffer.from(signature).toString("base64url")}\n`);
}

function asker(): (query: string, data: Promise<Uint8Array>) => Promise<string> {
  const checker = new PlaylistChecker("i", key);
  return async (query, data) => {
    const asked = askedOf(new URL(`http://origin/hls/i/v720.m3u8${query}`));
    return checker.check(asked, await data).then(({ window }) => window, (error: unknown) => (error as Error).name);
  };
}

describe("closed windows of a track", () => {
  it("may be wound back to: each has a head of its own", async () => {
    const ask = asker();
    expect(await ask("?start=9", signed("900-1799", 1799))).toBe("900-1799");
    expect(await ask("?start=0", signed("0-899", 899))).toBe("0-899");
    expect(await ask("?start=9", signed("900-1799", 1799))).toBe("900-1799");
  });

  it("do not go back one by one", async () => {
    const ask = asker();
    await ask("?start=9", signed("900-1000", 1000));
    expect(await ask("?start=9", signed("900-999", 999))).toBe("StalePlaylist");
    expect(await ask("?start=9", signed("900-1001", 1001))).toBe("900-1001");
  });

  it("share their edition", async () => {
    const ask = asker();
    await ask("?start=0", signed("0-899", 899));
    await ask("?start=9", signed("900-1799", 1799, { edition: 2 }));
    expect(await ask("?start=0", signed("0-899", 899))).toBe("RolledBackPlaylist");
    expect(await ask("?start=5", signed("500-899", 899))).toBe("RolledBackPlaylist");
    expect(await ask("?start=0", signed("0-800", 800, { edition: 2 }))).toBe("0-800");
  });

  it("keep their edition when many were asked for, and a refused one leaves no trace", async () => {
    const ask = asker();
    await ask("?start=0", signed("0-899", 899, { edition: 2 }));
    expect(await ask("?start=1", signed("1-99", 99, { edition: 7, track: "v360" }))).toBe("WrongPlaylist");
    const same = signed("7-9", 9, { edition: 2 });
    for (let start = 1; start <= 130; start += 1) expect(await ask(`?start=${start}`, same)).toBe("7-9");
    expect(await ask("?start=0", signed("0-899", 899))).toBe("RolledBackPlaylist");
  });

  it("are no live playlist", async () => {
    const ask = asker();
    expect(await ask("", signed("0-899", 899))).toBe("WrongPlaylist");
    expect(await ask("?start=0", signed("live", 899))).toBe("WrongPlaylist");
  });
});
