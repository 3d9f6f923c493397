/** How fast the sources can do it, as far as it was measured. */
import type { Exchange } from "../engine/exchange.ts";

/** Bytes/s that the sources can do (0: not known yet), and their round trip in ms. */
export interface Capacity {
  readonly rate: number;
  readonly roundTrip: number;
}

/**
 * What HTTP, the fastest peer or all peers together can do, whichever is more. The rates of peers are not summed up: they
 * were measured at different times, each with much of one downlink for itself, so that their sum may be far more than
 * fits through it.
 */
export function capacityOf({ downloads, neighbours }: Pick<Exchange, "downloads" | "neighbours">): Capacity {
  const peers = [...neighbours.values()].map((neighbour) => neighbour.rate);
  const rates = [downloads.httpRate, downloads.peerRate, ...peers];
  const measured = rates.filter((rate) => rate.measured).map((rate) => rate.value);
  return { rate: Math.max(0, ...measured), roundTrip: downloads.httpRoundTrip.value };
}
