// @vitest-environment node
import { beforeEach, describe, expect, it, vi } from "vitest";
import type { FetchHttp } from "../../src/engine/exchange-events.ts";
import { HttpFetcher } from "../../src/net/http-fetcher.ts";
import { FakeClock } from "./fake-clock.ts";

const ID = "A".repeat(43);
const WHOLE: FetchHttp = { type: "FetchHttp", segment: ID, first: 0, count: 1, offset: 0, size: 100, whole: true };
const PART: FetchHttp = { ...WHOLE, first: 2, offset: 32_768, whole: false };

function fetcher() {
  const clock = new FakeClock();
  const heard: string[] = [];
  const listener = {
    httpData: (_: string, first: number, data: Uint8Array) => heard.push(`data ${String(first)} ${String(data.length)}`),
    httpFailed: (_: string, first: number) => heard.push(`failed ${String(first)}`),
    proofData: (_: string, proof: Uint8Array) => heard.push(`proof ${String(proof.length)}`),
    proofFailed: () => heard.push("no proof"),
  };
  return { clock, heard, subject: new HttpFetcher(new URL("http://origin/media/"), clock, listener) };
}

const answer = vi.fn<(url: URL, init: RequestInit) => Promise<Response>>();

beforeEach(() => {
  answer.mockReset();
  vi.stubGlobal("fetch", answer);
});

describe("segments over HTTP", () => {
  it("come whole without a range, and in part with one", async () => {
    const { clock, heard, subject } = fetcher();
    answer.mockResolvedValueOnce(new Response(new Uint8Array(100)));
    answer.mockResolvedValueOnce(new Response(new Uint8Array(100), { status: 206 }));
    subject.fetch(WHOLE);
    subject.fetch(PART);
    await clock.run(10);
    expect(heard).toEqual(["data 0 100", "data 2 100"]);
    expect(answer.mock.calls.map(([url, { headers }]) => [url.href, headers])).toEqual([
      [`http://origin/media/${ID}.m4s`, {}],
      [`http://origin/media/${ID}.m4s`, { Range: "bytes=32768-32867" }],
    ]);
  });

  it.each([
    ["the whole for a part", PART, 200, 100],
    ["a part for the whole", WHOLE, 206, 100],
    ["nothing", WHOLE, 404, 0],
    ["a byte too few", WHOLE, 200, 99],
    ["a byte too many", WHOLE, 200, 101],
  ])("fail when the answer is %s", async (_, asked, status, size) => {
    const { clock, heard, subject } = fetcher();
    answer.mockResolvedValueOnce(new Response(new Uint8Array(size), { status }));
    subject.fetch(asked);
    await clock.run(10);
    expect(heard.at(-1)).toBe(`failed ${String(asked.first)}`);
    expect(heard.some((line) => line.includes("101"))).toBe(false);
  });

  it("fail when the network does, and when it brings nothing for eight seconds", async () => {
    const { clock, heard, subject } = fetcher();
    answer.mockRejectedValueOnce(new TypeError("network"));
    answer.mockImplementationOnce((_, { signal }) => new Promise((_resolve, reject) => {
      signal?.addEventListener("abort", () => { reject(new DOMException("aborted", "AbortError")); });
    }));
    subject.fetch(WHOLE);
    subject.fetch(PART);
    await clock.run(7000);
    expect(heard).toEqual(["failed 0"]);
    await clock.run(1001);
    expect(heard).toEqual(["failed 0", "failed 2"]);
  });

  it("are silent after an abort", async () => {
    const { clock, heard, subject } = fetcher();
    answer.mockResolvedValueOnce(new Response(new Uint8Array(100)));
    subject.fetch(WHOLE);
    subject.abort(ID, 0);
    await clock.run(10);
    expect(heard).toEqual([]);
  });

  it("keep a late chunk of an aborted fetch out of a new one of the same range", async () => {
    const { clock, heard, subject } = fetcher();
    let late: ReadableStreamDefaultController<Uint8Array> | undefined;
    const slow = new ReadableStream<Uint8Array>({ start: (controller) => { late = controller; } });
    answer.mockResolvedValueOnce(new Response(slow));
    answer.mockResolvedValueOnce(new Response(new ReadableStream<Uint8Array>()));
    subject.fetch(WHOLE);
    await clock.run(10);
    subject.abort(ID, 0);
    subject.fetch(WHOLE);
    late?.enqueue(new Uint8Array(60));
    await clock.run(10);
    expect(heard).toEqual([]);
  });

  it("have proofs, which are bounded", async () => {
    const { clock, heard, subject } = fetcher();
    answer.mockResolvedValueOnce(new Response(new Uint8Array(40)));
    subject.fetchProof(ID);
    await clock.run(10);
    answer.mockResolvedValueOnce(new Response(new Uint8Array(4), { headers: { "Content-Length": "99999999" } }));
    subject.fetchProof(ID);
    await clock.run(10);
    expect(heard).toEqual(["proof 40", "no proof"]);
  });
});
