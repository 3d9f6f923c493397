/** Keeps segments beside the page: reading, hashing and writing never hold up the picture. */
import { Keeper } from "./keeper.ts";
import type { Request } from "./requests.ts";

interface Call {
  readonly call: number;
  readonly request: Request;
}

const keeper = new Keeper(caches, async () => (await navigator.storage.estimate()).quota);

addEventListener("message", ({ data: { call, request } }: MessageEvent<Call>) => {
  keeper.handle(request).then(
    (answer) => { postMessage({ call, answer }, { transfer: answer.data === undefined ? [] : [answer.data.buffer] }); },
    (error: unknown) => { postMessage({ call, error: String(error) }); },
  );
});
