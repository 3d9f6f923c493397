/** Tickets: asking the platform for admission to the swarm of a course (docs/http-api.md). */

const TIMEOUT_MS = 10_000;

/** What the platform grants. `expires` is Unix ms, `upload` bit/s (0: no cap), `stun` addresses as in RFC 7064. */
export interface Grant {
  readonly ticket: string;
  readonly expires: number;
  readonly mode: "mesh" | "site" | "seeders" | "off";
  readonly tracker: string;
  readonly stun: readonly string[];
  readonly upload: number;
}

/** No ticket can be had now. */
export class GrantError extends Error {}

/** Ask for a ticket; without a fingerprint it admits to reporting alone. Rejects with GrantError. */
export async function askGrant(base: URL, course: string, fingerprint: Uint8Array | undefined): Promise<Grant> {
  const digits = Array.from(fingerprint ?? [], (byte) => byte.toString(16).padStart(2, "0")).join("");
  try {
    const response = await fetch(new URL(`/api/courses/${encodeURIComponent(course)}/ticket`, base), {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(fingerprint === undefined ? {} : { fingerprint: digits }),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new GrantError(`the platform answered ${response.status} to the request for a ticket`);
    return read(await response.json());
  } catch (error) {
    if (error instanceof GrantError) throw error;
    throw new GrantError(`the platform gave no ticket: ${String(error)}`);
  }
}

function read(answer: unknown): Grant {
  const { ticket, expires, mode, tracker, stun, upload } = answer as Partial<Record<keyof Grant, unknown>>;
  const modes = ["mesh", "site", "seeders", "off"] as const;
  const known = modes.find((one) => one === mode);
  if (typeof ticket !== "string" || typeof expires !== "number" || typeof tracker !== "string" || known === undefined) {
    throw new GrantError("the platform's ticket lacks a field");
  }
  const servers = Array.isArray(stun) ? stun.filter((one): one is string => typeof one === "string") : [];
  return { ticket, expires, mode: known, tracker, stun: servers, upload: typeof upload === "number" ? upload : 0 };
}
