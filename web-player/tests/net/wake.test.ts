import { afterEach, describe, expect, it, vi } from "vitest";
import { onWake } from "../../src/net/wake.ts";

let time = 0;

function later(): void {
  time += 1000;
}

function pageshow(persisted: boolean): Event {
  return Object.assign(new Event("pageshow"), { persisted });
}

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("a page wakes", () => {
  it("when it is shown again, and when the network is back or another, once each time", () => {
    vi.spyOn(performance, "now").mockImplementation(() => time);
    const connection = Object.assign(new EventTarget(), { type: "wifi" });
    vi.stubGlobal("navigator", { connection });
    const hidden = vi.spyOn(document, "hidden", "get").mockReturnValue(true);
    const woke = vi.fn();
    const stop = onWake(woke);
    document.dispatchEvent(new Event("visibilitychange"));
    dispatchEvent(pageshow(false));
    connection.dispatchEvent(new Event("change"));
    expect(woke).not.toHaveBeenCalled();
    hidden.mockReturnValue(false);
    document.dispatchEvent(new Event("visibilitychange"));
    dispatchEvent(pageshow(true));
    dispatchEvent(new Event("online"));
    expect(woke).toHaveBeenCalledTimes(1);
    later();
    dispatchEvent(pageshow(true));
    later();
    dispatchEvent(new Event("online"));
    later();
    connection.type = "cellular";
    connection.dispatchEvent(new Event("change"));
    expect(woke).toHaveBeenCalledTimes(4);
    stop();
    later();
    dispatchEvent(new Event("online"));
    expect(woke).toHaveBeenCalledTimes(4);
  });
});
