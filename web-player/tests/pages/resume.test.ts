import { beforeEach, describe, expect, it, vi } from "vitest";
import { remember, remembered } from "../../src/preferences.ts";
import { parsePositions, resumePosition, saveResumePosition, withPosition } from "../../src/watch/resume.ts";

beforeEach(() => {
  localStorage.clear();
});

describe("resume positions", () => {
  it("come back", () => {
    saveResumePosition("a", 754.8, 3000);
    saveResumePosition("b", 20, 3000);
    expect(resumePosition("a")).toBe(754);
    expect(resumePosition("c")).toBeNull();
  });

  it("are forgotten near the start and the end", () => {
    saveResumePosition("a", 100, 3000);
    saveResumePosition("a", 2990, 3000);
    expect(resumePosition("a")).toBeNull();
    saveResumePosition("a", 3, 3000);
    expect(resumePosition("a")).toBeNull();
  });

  it("ignore what is no number", () => {
    saveResumePosition("a", 100, Infinity);
    saveResumePosition("a", Number.NaN, 3000);
    expect(resumePosition("a")).toBeNull();
  });

  it("stay few, the oldest going first", () => {
    let positions: ReturnType<typeof parsePositions> = [];
    for (let n = 0; n < 250; n += 1) positions = withPosition(positions, String(n), 100, 1000);
    expect(positions.length).toBe(200);
    expect(positions[0]?.[0]).toBe("50");
  });

  it.each(["", "{", "null", "7", '{"a":1}', '[["a"],["b","7"],[1,2],null]'])("survive a broken store: %s", (text) => {
    expect(parsePositions(text)).toEqual([]);
  });
});

describe("preferences", () => {
  it("last for the page when the store is full", () => {
    vi.spyOn(Storage.prototype, "setItem").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    remember("quality", "720");
    expect(remembered("quality")).toBe("720");
  });

  it("do without a store that is forbidden", () => {
    vi.spyOn(globalThis, "localStorage", "get").mockImplementation(() => {
      throw new DOMException("no", "SecurityError");
    });
    expect(remembered("nothing")).toBeNull();
  });
});
