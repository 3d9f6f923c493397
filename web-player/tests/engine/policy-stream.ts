/**
 * Decides a file of views as TypeScript does: `node stream.mjs views.bin decisions.bin '{"views": ...}'`, run by
 * tests/unit/swarm/test_policy_forms.py. Both files are columns of 64-bit floats: blocks, sources and each field of the
 * views; then the number of actions, the wake-ups, the actions, and each field as it is afterwards.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { ACTION_FIELDS, decide } from "../../src/engine/policy.ts";
import type { View } from "../../src/engine/policy.ts";

interface Layout {
  readonly views: number;
  readonly fields: readonly (readonly [name: string, length: "one" | "blocks" | "sources" | "both" | "any"])[];
  readonly sizes: readonly number[];
}

const [given = "", taken = "", header = "{}"] = process.argv.slice(2);
const layout = JSON.parse(header) as Layout;
const numbers = new Float64Array(new Uint8Array(readFileSync(given)).buffer);
let start = 2 * layout.views;
const columns = layout.sizes.map((size) => numbers.subarray(start, (start += size)));
const at = columns.map(() => 0);
const counts: number[] = [];
const wakes: number[] = [];
const taking: number[] = [];

for (let k = 0; k < layout.views; k += 1) {
  const blocks = numbers[k] ?? 0;
  const sources = numbers[layout.views + k] ?? 0;
  const both = blocks * sources;
  const lengths = { one: 1, blocks, sources, both, any: both + blocks + sources };
  const parts = layout.fields.map(([name, length], field) => {
    const from = at[field] ?? 0;
    at[field] = from + lengths[length];
    const column = columns[field] ?? new Float64Array();
    return { name, from, column, value: length === "one" ? (column[from] ?? 0) : [...column.subarray(from, at[field])] };
  });
  const view = Object.fromEntries(parts.map(({ name, value }) => [name, value])) as unknown as View;
  const actions = new Array<number>(ACTION_FIELDS * (2 * blocks + 1)).fill(0);
  const [count, wake] = decide(view, actions);
  counts.push(count);
  wakes.push(wake);
  for (const number of actions.slice(0, count * ACTION_FIELDS)) taking.push(number);
  for (const { from, column, value } of parts) if (Array.isArray(value)) column.set(value, from);
}
const results = [counts, wakes, taking, ...columns].map((column) => Buffer.from(Float64Array.from(column).buffer));
writeFileSync(taken, Buffer.concat(results));
