/** Cache Storage in memory, with as much room as a test gives it. Entries come in the order in which they were put. */

export class FakeCaches {
  room = Number.POSITIVE_INFINITY;
  readonly named = new Map<string, Map<string, Uint8Array<ArrayBuffer>>>();

  get bytes(): number {
    return [...this.named.values()].flatMap((one) => [...one.values()]).reduce((sum, { length }) => sum + length, 0);
  }

  /** Paths of the segments in a cache. */
  segments(name: string): string[] {
    return [...(this.named.get(name)?.keys() ?? [])].filter((path) => !path.includes("/used/"));
  }

  keys(): Promise<string[]> {
    return Promise.resolve([...this.named.keys()]);
  }

  has(name: string): Promise<boolean> {
    return Promise.resolve(this.named.has(name));
  }

  delete(name: string): Promise<boolean> {
    return Promise.resolve(this.named.delete(name));
  }

  match(path: string, { cacheName }: { cacheName: string }): Promise<Response | undefined> {
    const found = this.named.get(cacheName)?.get(path);
    return Promise.resolve(found === undefined ? undefined : new Response(found));
  }

  open(name: string) {
    const entries = this.named.get(name) ?? new Map<string, Uint8Array<ArrayBuffer>>();
    this.named.set(name, entries);
    return Promise.resolve({
      keys: () => Promise.resolve([...entries.keys()].map((path) => ({ url: `http://origin${path}` }))),
      delete: (path: string) => Promise.resolve(entries.delete(path.replace("http://origin", ""))),
      put: async (path: string, response: Response) => {
        const data = new Uint8Array(await response.arrayBuffer());
        if (this.bytes + data.length > this.room) throw new DOMException("no room", "QuotaExceededError");
        entries.delete(path);
        entries.set(path, data);
      },
    });
  }
}
