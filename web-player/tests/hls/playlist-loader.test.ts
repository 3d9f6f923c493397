// @vitest-environment happy-dom
import type { LoaderConfiguration, PlaylistLoaderContext } from "hls.js";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { VerifyingKey } from "../../src/engine/playlist.ts";
import type { PublicJwk } from "../../src/engine/playlist.ts";
import { PlaylistChecker, askedOf } from "../../src/hls/playlist-checker.ts";
import { playlistLoaderOf } from "../../src/hls/playlist-loader.ts";
import { bytes, load } from "../engine/vectors.ts";

const VECTORS = load("playlist") as {
  key: PublicJwk;
  refused: { why: string; data: string; error: string }[];
  guard: { steps: { data: string; error: string }[] };
};
const URL_LIVE = "http://origin/hls/class-1/v720.m3u8";
const CONFIG = { loadPolicy: { maxLoadTimeMs: 5000 } } as unknown as LoaderConfiguration;
const answers: (string | number)[] = [];

beforeEach(() => {
  answers.length = 0;
  vi.stubGlobal("fetch", (url: URL) => {
    const answer = answers.shift() ?? 500;
    const ok = typeof answer === "string";
    const text = ok ? new TextDecoder().decode(bytes(answer)) : "";
    const headers = new Headers({ Age: "2" });
    return Promise.resolve({ ok, status: ok ? 200 : answer, url: url.href, headers, text: () => Promise.resolve(text) });
  });
});

function loaders(item = "class-1") {
  const key = VerifyingKey.fromJwk(VECTORS.key, crypto.subtle);
  const listed: number[] = [];
  const refused: string[] = [];
  const Loader = playlistLoaderOf(new PlaylistChecker(item, key), {
    listed: (claims) => listed.push(claims.head),
    refused: (error) => refused.push(error.name),
  });
  const ask = (url = URL_LIVE): Promise<string> =>
    new Promise((resolve) => {
      const context = { url, type: "level", responseType: "text" } as unknown as PlaylistLoaderContext;
      new Loader({} as never).load(context, CONFIG, {
        onSuccess: ({ data }) => { resolve(typeof data === "string" ? `good ${String(data.length)}` : "no text"); },
        onError: ({ text }) => { resolve(text.split(":")[0] ?? ""); },
        onTimeout: () => { resolve("timeout"); },
      });
    });
  return { ask, listed, refused };
}

const [first, same, , newer] = VECTORS.guard.steps.map(({ data }) => data);
const stale = VECTORS.guard.steps[2]?.data ?? "";

describe("what a playlist's address asks for", () => {
  it.each([
    ["/hls/i/index.m3u8", { item: "i", track: "index", windows: ["all"] }],
    ["/hls/i/v720.m3u8?_HLS_msn=4", { item: "i", track: "v720", windows: ["live", "all"] }],
    ["/hls/i/v720.m3u8?start=4", { item: "i", track: "v720", windows: ["closed"], start: "4" }],
  ])("%s", (path, asked) => {
    expect(askedOf(new URL(path, "http://origin"))).toEqual(asked);
  });

  it.each(["/hls/i/v720.ts", "/x/i/v720.m3u8", "/hls/i/../j/v720.m3u8x", "/hls/i/%00.m3u8"])("%s is none", (path) => {
    expect(() => askedOf(new URL(path, "http://origin"))).toThrow("is not a playlist's address");
  });
});

describe("the playlist loader", () => {
  it("hands on what verifies, after the engine knows of it", async () => {
    const { ask, listed } = loaders();
    answers.push(first ?? "", newer ?? "");
    expect(await ask()).toMatch(/^good/);
    expect(await ask()).toMatch(/^good/);
    expect(listed).toEqual([41, 42]);
  });

  it.each(VECTORS.refused)("hands on nothing that is forged: $why", async ({ data, error }) => {
    const { ask, listed, refused } = loaders();
    answers.push(data);
    expect(await ask()).toBe(error);
    expect([listed, refused]).toEqual([[], [error]]);
  });

  it.each([
    ["another track", "http://origin/hls/class-1/v360.m3u8", "class-1"],
    ["a closed window", `${URL_LIVE}?start=5`, "class-1"],
    ["another item", URL_LIVE, "class-2"],
    ["the multivariant playlist", "http://origin/hls/class-1/index.m3u8", "class-1"],
  ])("refuses a good playlist where %s was asked for", async (_, url, item) => {
    const { ask, listed } = loaders(item);
    answers.push(first ?? "");
    expect(await ask(url)).toBe("WrongPlaylist");
    expect(listed).toEqual([]);
  });

  it("asks again for what is stale, and lets the newest known stand in for it in the end", async () => {
    const { ask, listed, refused } = loaders();
    answers.push(first ?? "", stale, same ?? "");
    await ask();
    expect(await ask()).toMatch(/^good/);
    expect([listed, refused]).toEqual([[41, 41], ["StalePlaylist"]]);
    answers.push(stale, stale, stale, stale);
    expect(await ask()).toMatch(/^good/);
    expect(listed).toEqual([41, 41]);
  });

  it("tries twice when the origin fails, and then says so", async () => {
    const { ask } = loaders();
    answers.push(503, first ?? "");
    expect(await ask()).toMatch(/^good/);
    answers.push(503, 503);
    expect(await ask()).toBe("Error");
  });
});
