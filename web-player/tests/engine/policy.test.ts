// @vitest-environment node
import { describe, expect, it } from "vitest";
import { ACTION_FIELDS, decide, feeds, httpLatest, lectureBackup, liveBackup } from "../../src/engine/policy.ts";
import type { View } from "../../src/engine/policy.ts";
import { load } from "./vectors.ts";

type Snake = Record<string, number | number[]>;
interface After {
  readonly actions: number[];
  readonly wake: number;
  readonly state: number[];
  readonly owner: number[];
  readonly queue: number[];
  readonly ahead: number[];
}
const VECTORS = load("policy") as { views: string[]; moments: [number[], number[], number[], number[]][] };

function viewOf(plain: Snake): View {
  const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
  return Object.fromEntries(Object.entries(plain).map(([name, value]) => [camel(name), value])) as unknown as View;
}

describe("the policy, as Python decides", () => {
  it.each(VECTORS.views.map((text, index) => [index, text] as const))("view %i", (_, text) => {
    const { view: plain, after } = JSON.parse(text) as { view: Snake; after: After };
    const view = viewOf(plain);
    const actions = new Array<number>(ACTION_FIELDS * (2 * view.state.length + 1)).fill(0);
    const [count, wake] = decide(view, actions);
    const { state, owner, queue, ahead } = view;
    expect({ actions: actions.slice(0, count * ACTION_FIELDS), wake, state, owner, queue, ahead }).toEqual(after);
  });

  it("and its moments", () => {
    for (const [latest, live, lecture, feed] of VECTORS.moments) {
      expect(httpLatest(...(latest as [number, number, number, number, number, number]))).toBe(latest.at(-1));
      expect(liveBackup(...(live as [number, number, number, number, number]))).toBe(live.at(-1));
      expect(lectureBackup(...(lecture as [number, number, number, number]))).toBe(lecture.at(-1));
      expect(feeds(...(feed as [number, number, number, number, number]))).toBe(feed.at(-1) === 1);
    }
  });
});
