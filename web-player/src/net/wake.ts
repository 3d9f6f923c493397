/** Moments at which connections may have died unseen, or may work again: after sleep, and on another network. */

/** Several of these events come at once. */
const ONCE_PER_MS = 1000;

interface NavigatorConnection {
  readonly connection?: EventTarget & { readonly type?: string };
}

/** Call back when the page is shown again, or the network came back or changed. Returns how to stop it. */
export function onWake(action: () => void): () => void {
  if (typeof document === "undefined") return () => undefined;
  let last = Number.NEGATIVE_INFINITY;
  const woke = (): void => {
    if (performance.now() - last < ONCE_PER_MS) return;
    last = performance.now();
    action();
  };
  const stop = new AbortController();
  const { signal } = stop;
  addEventListener("online", woke, { signal });
  addEventListener("pageshow", ({ persisted }) => { if (persisted) woke(); }, { signal });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) woke(); }, { signal });
  const { connection } = navigator as NavigatorConnection;
  let type = connection?.type;
  connection?.addEventListener("change", () => {
    // It tells of each new estimate of the speed too.
    if (connection.type !== type) woke();
    type = connection.type;
  }, { signal });
  return () => { stop.abort(); };
}
