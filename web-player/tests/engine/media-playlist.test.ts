// @vitest-environment node
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readMediaPlaylist, segmentIdOf } from "../../src/engine/media-playlist.ts";

const ID = "A".repeat(43);
const entry = (size: string, name: string): string => `#EXTINF:3.840000,\n${size}${name}\n`;
const HEAD = "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:41\n#EXT-X-MAP:URI=\"../../media/x.mp4\"\n";

describe("media playlists", () => {
  it("tell sequence, id, size and duration", () => {
    const text = HEAD + entry("#BANYAN-SIZE:47953\n", `../../media/${ID}.m4s`) + entry("#BANYAN-SIZE:1\n", `/media/${ID}.m4s`);
    expect(readMediaPlaylist(text)).toEqual({
      live: true,
      segments: [
        { sequence: 41, id: ID, size: 47953, duration: 3840 },
        { sequence: 42, id: ID, size: 1, duration: 3840 },
      ],
    });
    expect(readMediaPlaylist(`${text}#EXT-X-ENDLIST\n`).live).toBe(false);
  });

  it.each([
    ["no size", entry("", `media/${ID}.m4s`)],
    ["size 0", entry("#BANYAN-SIZE:0\n", `media/${ID}.m4s`)],
    ["an impossible size", entry("#BANYAN-SIZE:33554433\n", `media/${ID}.m4s`)],
    ["half a size", entry("#BANYAN-SIZE:0.5\n", `media/${ID}.m4s`)],
    ["no number for a size", entry("#BANYAN-SIZE:x\n", `media/${ID}.m4s`)],
    ["another name", entry("#BANYAN-SIZE:5\n", "segment-5.m4s")],
    ["an id that is none", entry("#BANYAN-SIZE:5\n", `media/${"A".repeat(42)}B.m4s`)],
    ["a query", entry("#BANYAN-SIZE:5\n", `media/${ID}.m4s?x=1`)],
  ])("leave out a segment with %s, but count it", (_, bad) => {
    const { segments } = readMediaPlaylist(HEAD + bad + entry("#BANYAN-SIZE:7\n", `media/${ID}.m4s`));
    expect(segments.map(({ sequence }) => sequence)).toEqual([42]);
  });

  it("of any text list only what can be asked for", () => {
    const lines = fc.constantFrom("#EXTINF:4,", "#BANYAN-SIZE:9", `media/${ID}.m4s`, "#EXT-X-MEDIA-SEQUENCE:1e99", "#EXTINF:-1", "x");
    fc.assert(
      fc.property(fc.array(fc.oneof(lines, fc.string())), (text) => {
        for (const { sequence, id, size, duration } of readMediaPlaylist(text.join("\n")).segments) {
          expect([Number.isSafeInteger(sequence), id.length, size >= 1, duration > 0]).toEqual([true, 43, true, true]);
        }
      }),
    );
  });

  it("name segments by their addresses", () => {
    expect(segmentIdOf(`/media/${ID}.m4s`)).toBe(ID);
    expect(segmentIdOf(`/media/${ID}.mp4`)).toBeUndefined();
    expect(segmentIdOf(`/evil-media/${ID}.m4s`)).toBeUndefined();
  });
});
