// @vitest-environment node
import { describe, expect, it } from "vitest";
import { Acquaintances, poorest, worth } from "../../src/engine/acquaintance.ts";
import type { Figures, Tally } from "../../src/engine/acquaintance.ts";
import { load } from "./vectors.ts";

interface Neighbourhood {
  readonly degree: number;
  readonly neighbours: number[][];
  readonly worth: number[];
  readonly poorest: number;
}
interface Review {
  readonly now: number;
  readonly tallies: [string, ...number[]][];
  readonly parted: string | null;
}
const VECTORS = load("acquaintance") as {
  readonly neighbourhoods: string[];
  readonly stories: { readonly degree: number; readonly reviews: string[] }[];
};
const FIGURES = ["useful", "given", "roundTrip", "strikes", "near", "seeder", "age", "lot"];
const TALLY = ["peer", "opened", "useful", "given", "roundTrip", "strikes", "near", "seeder", "lot"];

const named = (names: readonly string[], values: readonly unknown[]): unknown =>
  Object.fromEntries(names.map((name, place) => [name, values[place]]));

describe("whom to part with, as Python decides", () => {
  it("in each neighbourhood", () => {
    const neighbourhoods = VECTORS.neighbourhoods.map((line) => JSON.parse(line) as Neighbourhood);
    for (const one of neighbourhoods) {
      const neighbours = one.neighbours.map((values) => named(FIGURES, values) as Figures);
      expect(neighbours.map(worth)).toEqual(one.worth);
      expect(poorest(neighbours, one.degree)).toBe(one.poorest);
    }
    expect(neighbourhoods.filter((one) => one.poorest >= 0).length).toBeGreaterThan(20);
  });

  it("and over time", () => {
    let partings = 0;
    for (const { degree, reviews } of VECTORS.stories) {
      const acquaintances = new Acquaintances(degree);
      for (const { now, tallies, parted } of reviews.map((line) => JSON.parse(line) as Review)) {
        const list = tallies.map((values) => named(TALLY, values) as Tally);
        expect(acquaintances.review(list, now) ?? null).toBe(parted);
        if (parted !== null) partings += 1;
      }
    }
    expect(partings).toBeGreaterThan(5);
  });
});
