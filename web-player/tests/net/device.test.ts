// @vitest-environment node
import { describe, expect, it, vi } from "vitest";
import { Device } from "../../src/net/device.ts";
import type { Battery, NetworkInformation, Platform } from "../../src/net/device.ts";
import { settled } from "./fake-clock.ts";

const DESKTOP: Platform = { userAgent: "Mozilla/5.0 (X11; Linux x86_64)", coarse: false };
const PHONE: Platform = { userAgent: "Mozilla/5.0 (Linux; Android 16)", userAgentData: { mobile: true }, coarse: true };
const IPAD: Platform = { userAgent: "Mozilla/5.0 (Macintosh)", coarse: true };

function network(about: { saveData?: boolean; type?: string }): NetworkInformation {
  return Object.assign(new EventTarget(), about);
}

function battery(level: number, charging: boolean): Battery & { level: number; charging: boolean } {
  return Object.assign(new EventTarget(), { level, charging });
}

describe("what a device spares", () => {
  it.each([
    ["a desktop", DESKTOP, 8],
    ["a board one touches", { ...DESKTOP, userAgentData: { mobile: false }, coarse: true }, 8],
    ["a phone", PHONE, 4],
    ["a tablet that says nothing", IPAD, 4],
    ["little memory", { ...DESKTOP, deviceMemory: 2 }, 4],
  ])("neighbours of %s", (_, platform, degree) => {
    const device = new Device(platform, false);
    expect([device.degree, device.most]).toEqual([degree, 2 * degree]);
  });

  it.each([
    ["a desktop", DESKTOP, true],
    ["a desktop that saves data", { ...DESKTOP, connection: network({ saveData: true }) }, false],
    ["a laptop on a phone's network", { ...DESKTOP, connection: network({ type: "cellular" }) }, false],
    ["a phone on Wi-Fi", { ...PHONE, connection: network({ type: "wifi" }) }, true],
    ["a phone on Wi-Fi that saves data", { ...PHONE, connection: network({ type: "wifi", saveData: true }) }, false],
    ["a phone on mobile data", { ...PHONE, connection: network({ type: "cellular" }) }, false],
    ["a phone that does not know", { ...PHONE, connection: network({ type: "unknown" }) }, false],
    ["a tablet that says nothing", IPAD, false],
  ])("uploads of %s, unless the viewer agrees", (_, platform, uploads) => {
    const device = new Device(platform, false);
    expect([device.uploads, device.metered]).toEqual([uploads, !uploads]);
    device.agreed = true;
    expect(device.uploads).toBe(true);
  });

  it("follows a phone that leaves its Wi-Fi, until told to stop", () => {
    const connection = network({ type: "wifi" });
    const device = new Device({ ...PHONE, connection }, false);
    const changed = vi.fn();
    const stop = device.follow(changed);
    Object.assign(connection, { type: "cellular" });
    connection.dispatchEvent(new Event("change"));
    expect([changed.mock.calls.length, device.uploads]).toEqual([1, false]);
    stop();
    connection.dispatchEvent(new Event("change"));
    expect(changed).toHaveBeenCalledTimes(1);
  });

  it("spares a battery that is nearly empty, whatever was agreed", async () => {
    const power = battery(0.15, false);
    const device = new Device({ ...DESKTOP, getBattery: () => Promise.resolve(power) }, true);
    const seen: boolean[] = [];
    device.follow(() => seen.push(device.uploads));
    await settled();
    power.charging = true;
    power.dispatchEvent(new Event("chargingchange"));
    expect(seen).toEqual([false, true]);
  });

  it("uploads where the battery is nobody's business", async () => {
    const device = new Device({ ...DESKTOP, getBattery: () => Promise.reject(new DOMException("no")) }, false);
    device.follow(() => undefined);
    await settled();
    expect(device.uploads).toBe(true);
  });
});
