/** The swarm at a glance. */
import { element } from "../element.ts";
import { formatBytes, formatRate, formatShare, formatShortTime } from "../format.ts";
import type { Messages } from "../language/language.ts";
import { definition } from "./definition.ts";
import type { Figures, OriginBytes } from "./snapshot.ts";

type Name = keyof Messages["figure"];

/** Which figures the tiles show, in order, and how they are written. */
const shown: readonly (readonly [Name, (figures: Figures) => string])[] = [
  ["offload", (f) => formatShare(f.offload, 1)],
  ["viewers", (f) => String(f.viewers)],
  ["p2pViewers", (f) => String(f.p2p_viewers)],
  ["seeders", (f) => String(f.seeders)],
  ["originRate", (f) => formatRate(f.origin_bps)],
  ["peerRate", (f) => formatRate(f.peer_bps)],
  ["seederRate", (f) => formatRate(f.seeder_bps)],
  ["fluency", (f) => formatShare(f.fluency, 2)],
  ["startup", (f) => formatShortTime(f.startup_p50)],
  ["rejected", (f) => String(f.rejected)],
];

export interface Tiles {
  readonly root: HTMLElement;
  update(figures: Figures): void;
}

/** Tiles in one language; their values are set by `update`. */
export function createTiles(m: Messages): Tiles {
  const values = shown.map(() => element("dd", {}, m.unknown));
  const tiles = shown.map(([name], index) => {
    const title = element("dt", {}, element("span", {}, m.figure[name]), definition(m.figure[name], m.definition[name], m));
    return element("div", { class: `tile ${name}` }, title, values[index] ?? null);
  });
  return {
    root: element("dl", { class: "tiles" }, ...tiles),
    update: (figures) => {
      shown.forEach(([, write], index) => {
        const value = values[index];
        if (value) value.textContent = write(figures);
      });
    },
  };
}

/** What the origin sent, by kind. */
export function originBytesList(bytes: OriginBytes, m: Messages): HTMLElement {
  const rows: [string, number][] = [
    [m.bytesMedia, bytes.media],
    [m.bytesToSeeders, bytes.to_seeders],
    [m.bytesPlaylists, bytes.playlists],
    [m.bytesProofs, bytes.proofs],
    [m.bytesRest, bytes.rest],
  ];
  const entries = rows.map(([name, value]) => element("div", {}, element("dt", {}, name), element("dd", {}, formatBytes(value))));
  return element("dl", { class: "sent" }, ...entries);
}
