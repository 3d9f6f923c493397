/** Timers of a worker: pages in the background get theirs once a second, workers do not. */

interface Order {
  readonly id: number;
  readonly ms: number;
}

addEventListener("message", ({ data: { id, ms } }: MessageEvent<Order>) => {
  setTimeout(() => {
    postMessage(id);
  }, ms);
});
