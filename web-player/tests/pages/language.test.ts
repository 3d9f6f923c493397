import { describe, expect, it } from "vitest";
import { ZhCn } from "media-chrome/lang/zh-CN";
import { En } from "media-chrome/lang/en";
import { chinese } from "../../src/language/chinese.ts";
import { english } from "../../src/language/english.ts";
import { chooseLanguage, localised, pickLanguage } from "../../src/language/language.ts";

/** Every entry as text, functions called with sample arguments, under its dotted name. */
function entries(tree: object, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(tree) as [string, unknown][]) {
    const name = prefix + key;
    if (typeof value === "object" && value !== null) for (const [k, v] of entries(value, `${name}.`)) found.set(k, v);
    else found.set(name, typeof value === "function" ? String((value as (...a: unknown[]) => unknown)("<7>", "<8>", "<9>")) : String(value));
  }
  return found;
}

describe("the two dictionaries", () => {
  const [en, zh] = [entries(english), entries(chinese)];

  it("have the same entries, none empty", () => {
    expect([...zh.keys()]).toEqual([...en.keys()]);
    for (const text of [...en.values(), ...zh.values()]) expect(text.trim()).not.toBe("");
  });

  it("say every argument in both", () => {
    for (const [name, text] of en) {
      const marks = (s: string | undefined): string[] => (s?.match(/<\d>/g) ?? []).sort();
      expect(marks(zh.get(name)), name).toEqual(marks(text));
    }
  });

  it("leave nothing untranslated", () => {
    const same = [...en].filter(([name, text]) => zh.get(name) === text).map(([name]) => name);
    expect(same.sort()).toEqual(["behindLive", "chartAxis", "unknown"]);
  });

  it("count in English", () => {
    expect(english.p2pConnected(1)).toBe("Connected to 1 peer.");
    expect(english.p2pConnected(2)).toBe("Connected to 2 peers.");
  });
});

describe("media-chrome's own labels", () => {
  it("are all there in Chinese", () => {
    expect(Object.keys(En).filter((key) => !(key in ZhCn))).toEqual([]);
  });
});

describe("the choice of language", () => {
  it.each([
    [null, ["zh-TW", "en"], "zh"],
    [null, ["fr-FR", "en-GB", "zh"], "en"],
    [null, ["de"], "en"],
    [null, [], "en"],
    ["zh", ["en-US"], "zh"],
    ["tlh", ["zh-CN"], "zh"],
  ] as const)("%s with %j is %s", (chosen, preferred, language) => {
    expect(pickLanguage(chosen, preferred)).toBe(language);
  });

  it("is told to whoever listens, until they stop", () => {
    const heard: string[] = [];
    const stop = localised((_, language) => heard.push(language));
    chooseLanguage("zh");
    expect(document.documentElement.lang).toBe("zh-CN");
    stop();
    chooseLanguage("en");
    expect(heard.at(-1)).toBe("zh");
    expect(localStorage.getItem("banyan.language")).toBe("en");
  });
});
