/** What the exchange asks of its shell, as plain data. Peers and segments are names, sizes bytes. */

export type ExchangeEvent =
  /** Send bytes on the control channel of a peer. */
  | { readonly type: "SendControl"; readonly peer: string; readonly data: Uint8Array<ArrayBuffer> }
  /** Send a block message on the blocks channel of a peer. */
  | { readonly type: "SendBlocks"; readonly peer: string; readonly data: Uint8Array<ArrayBuffer> }
  /** Close the connection to a peer; it is forgotten here already. `fault` is set when the peer broke a rule. */
  | { readonly type: "Close"; readonly peer: string; readonly reason: string; readonly fault: boolean }
  | FetchHttp
  /** Stop the fetch of a segment that began at block `first`; nothing of it is awaited. */
  | { readonly type: "AbortHttp"; readonly segment: string; readonly first: number }
  /** Fetch a segment's proof over HTTP and answer with `proof` or `proofFailed`. */
  | { readonly type: "FetchProof"; readonly segment: string }
  /** A wanted segment is complete and verified. `came` says how many bytes each source gave. */
  | { readonly type: "Finished"; readonly segment: string; readonly came: readonly (readonly [string, number])[] }
  /** A wanted segment cannot be had; the shell falls back to plain HTTP. */
  | { readonly type: "Failed"; readonly segment: string; readonly reason: string }
  /** A neighbour asks for a segment that was offered but is not in memory; the shell should want or store it. */
  | { readonly type: "Demanded"; readonly segment: string };

/**
 * Fetch `count` blocks of a segment from block `first` over HTTP, `size` bytes from `offset`; `whole` is all of it. The
 * shell answers with `httpData(segment, first, ...)` in order, or ends with `httpFailed`.
 */
export interface FetchHttp {
  readonly type: "FetchHttp";
  readonly segment: string;
  readonly first: number;
  readonly count: number;
  readonly offset: number;
  readonly size: number;
  readonly whole: boolean;
}
