/** What the page and the worker that keeps segments say to each other. */
import type { Place } from "./ledger.ts";

export type Request =
  /** The item that is watched; answered with what is kept of it. */
  | { readonly op: "open"; readonly item: string; readonly now: number }
  /** Look at what is kept of all lectures. */
  | { readonly op: "count" }
  /** Keep a verified segment; answered with `good`. */
  | { readonly op: "keep"; readonly place: Place; readonly data: Uint8Array<ArrayBuffer> }
  /** Answered with its bytes, unchecked, or none. */
  | { readonly op: "read"; readonly place: Place }
  /** Answered with `good`: it is there, and its bytes hash to its name. Otherwise it is dropped. */
  | { readonly op: "check"; readonly place: Place }
  | { readonly op: "drop"; readonly place: Place }
  /** Remove everything, of every lecture. */
  | { readonly op: "clear" };

/** How much is kept and may be kept, in bytes. */
export interface Kept {
  readonly bytes: number;
  readonly lectures: number;
  readonly most: number;
}

export interface Answer {
  readonly data?: Uint8Array<ArrayBuffer>;
  readonly good?: boolean;
  readonly places?: readonly Place[];
  /** Once it was counted. */
  readonly kept?: Kept;
  /** Segments of the watched item that had to go. */
  readonly gone?: readonly string[];
}
