/** Small choices of this viewer, kept in localStorage; in memory where the browser forbids storage. */

const PREFIX = "banyan.";
const memory = new Map<string, string>();

function storage(): Storage | null {
  try {
    return globalThis.localStorage;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
}

/** The remembered value, or null. */
export function remembered(name: string): string | null {
  return memory.get(name) ?? storage()?.getItem(PREFIX + name) ?? null;
}

/** Keep a value. A full store keeps it for this page alone. */
export function remember(name: string, value: string): void {
  try {
    storage()?.setItem(PREFIX + name, value);
    memory.delete(name);
  } catch (error) {
    if (!(error instanceof DOMException)) throw error;
    memory.set(name, value);
  }
}
