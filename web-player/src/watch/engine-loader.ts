/** Load the P2P engine without ever letting it stand in the way of playback. */
import type { Engine, EngineOptions } from "../engine-interface.ts";

/** Longer than this is not worth delaying the first picture for, ms. */
const PATIENCE = 3000;

function withoutEngine(error: unknown): null {
  console.error("The P2P engine could not be started; playing over HTTP.", error);
  return null;
}

// Asked for at once, so that it arrives while the item is looked up.
const loading = import("../engine-entry.ts").catch(withoutEngine);

function patience(): Promise<null> {
  return new Promise((resolve) => {
    setTimeout(() => {
      resolve(null);
    }, PATIENCE);
  });
}

/** The engine, or null when it is not there in time or fails: the page then plays plain HLS. */
export async function loadEngine(options: EngineOptions): Promise<Engine | null> {
  const loaded = await Promise.race([loading, patience()]);
  try {
    return loaded?.createEngine(options) ?? null;
  } catch (error) {
    return withoutEngine(error);
  }
}
