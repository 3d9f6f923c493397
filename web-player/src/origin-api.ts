/** The origin's JSON, read (docs/http-api.md). The pages trust their own origin for shapes, not for success. */
import type { Course, Item } from "./item.ts";

/** A request that failed: `status` 0 when no answer came. */
export class OriginError extends Error {
  override readonly name = "OriginError";
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

async function failure(response: Response): Promise<OriginError> {
  const body: unknown = await response.json().catch(() => null);
  const told = typeof body === "object" && body !== null && "message" in body ? body.message : null;
  return new OriginError(response.status, typeof told === "string" ? told : `HTTP ${response.status}`);
}

/** GET a JSON document. Raises OriginError. */
export async function getJson(path: string, signal?: AbortSignal): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(path, { headers: { accept: "application/json" }, ...(signal ? { signal } : {}) });
  } catch (error) {
    throw new OriginError(0, error instanceof Error ? error.message : "no answer");
  }
  if (!response.ok) throw await failure(response);
  return await response.json();
}

export async function getCourses(): Promise<readonly Course[]> {
  return ((await getJson("/api/courses")) as { courses: readonly Course[] }).courses;
}

export async function getCourse(id: string): Promise<Course> {
  return (await getJson(`/api/courses/${encodeURIComponent(id)}`)) as Course;
}

/** The item that the origin wrote into this page; null where it did not. Throws SyntaxError. */
export function itemInPage(): Item | null {
  const text = document.getElementById("item")?.textContent;
  return text === undefined ? null : (JSON.parse(text) as Item);
}

/** `base` is the address of an origin other than the page's. */
export async function getItem(id: string, base?: URL): Promise<Item> {
  const path = `/api/items/${encodeURIComponent(id)}`;
  return (await getJson(base === undefined ? path : new URL(path, base).href)) as Item;
}
