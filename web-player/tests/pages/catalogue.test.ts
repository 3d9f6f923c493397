import { describe, expect, it } from "vitest";
import { thumbnailAt } from "../../src/catalogue/thumbnail-cue.ts";
import { element } from "../../src/element.ts";
import { chosenIndex } from "../../src/watch/quality.ts";

const BASE = "http://origin.test/media/abc.vtt";
const sheet = (n: number): string =>
  "WEBVTT\r\n\r\n" + Array.from({ length: n }, (_, i) => `00:00:0${i}.000 --> 00:00:0${i + 1}.000\r\nxyz.jpg#xywh=${i * 160},0,160,90\r\n\r\n`).join("");

describe("thumbnails", () => {
  it("are found part of the way through, at an address beside the file", () => {
    expect(thumbnailAt(sheet(5), 0.2, BASE)).toEqual({ sheet: "http://origin.test/media/xyz.jpg", x: 160, y: 0, width: 160, height: 90 });
    expect(thumbnailAt(sheet(5), 1, BASE)?.x).toBe(640);
  });

  it("are missing where the file holds none or nonsense", () => {
    for (const text of ["", "WEBVTT\n", "WEBVTT\n\nx.jpg#xywh=0,0,0,0\n", "WEBVTT\n\nx.jpg\n"]) expect(thumbnailAt(text, 0.5, BASE)).toBeNull();
  });
});

describe("elements", () => {
  it("never parse text as HTML", () => {
    const title = "<img src=x onerror=alert(1)>";
    const made = element("p", { title, hidden: true, lang: false }, title);
    expect(made.children.length).toBe(0);
    expect(made.textContent).toBe(title);
    expect(made.hasAttribute("hidden")).toBe(true);
    expect(made.hasAttribute("lang")).toBe(false);
  });
});

describe("the chosen quality", () => {
  const renditions = [
    { width: 1920, height: 1080 },
    { width: 720, height: 1280 },
  ];
  it("is found by its lines, upright pictures by their width", () => {
    expect(chosenIndex("1080", renditions)).toBe(0);
    expect(chosenIndex("720", renditions)).toBe(1);
  });
  it("is automatic when nothing was chosen or it is not there", () => {
    for (const choice of [null, "auto", "480", "junk"]) expect(chosenIndex(choice, renditions)).toBe(-1);
  });
});
