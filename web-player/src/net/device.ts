/** What a device can spare for others: how many neighbours, how much memory, and whether its uploads cost anything. */
import { PARAMETERS } from "../engine/policy.ts";

const MIB = 1024 * 1024;
const SMALL_DEGREE = 4;
const SMALL_MOST = 8;
const SMALL_CACHE_BYTES = 96 * MIB;
const LARGE_CACHE_BYTES = 256 * MIB;
/** A phone with so little memory in GiB has none to spare, whatever it calls itself. */
const LITTLE_MEMORY_GIB = 2;
/** Below this and not charging, a viewer's battery is the viewer's. */
const LOW_BATTERY = 0.2;

/** The Network Information API: Chromium has it, on desktops without `type`. */
export interface NetworkInformation extends EventTarget {
  readonly saveData?: boolean;
  readonly type?: string;
}

/** The Battery Status API: Chromium alone. */
export interface Battery extends EventTarget {
  readonly level: number;
  readonly charging: boolean;
}

/** What browsers tell of themselves; not all of it in all of them. */
export interface Platform {
  readonly userAgent: string;
  readonly userAgentData?: { readonly mobile?: boolean } | undefined;
  readonly deviceMemory?: number | undefined;
  readonly connection?: NetworkInformation | undefined;
  /** Whether the first pointer is a finger. */
  readonly coarse: boolean;
  readonly getBattery?: (() => Promise<Battery>) | undefined;
}

/** The browser that this page runs in. */
export function thisPlatform(): Platform {
  const { userAgent, userAgentData, deviceMemory, connection, getBattery } = navigator as unknown as Platform;
  const coarse = matchMedia("(pointer: coarse)").matches;
  return { userAgent, userAgentData, deviceMemory, connection, coarse, getBattery: getBattery?.bind(navigator) };
}

/** A phone or tablet by what it says, by its pointer where it says nothing (iPads call themselves Macs). */
function isMobile({ userAgentData, userAgent, coarse }: Platform): boolean {
  return userAgentData?.mobile ?? (coarse || /Mobi|Android|iPhone|iPad/.test(userAgent));
}

/** One device. `agreed` is the viewer's word that uploads over a metered connection are all right. */
export class Device {
  agreed: boolean;
  readonly degree: number;
  readonly most: number;
  readonly cacheBytes: number;
  private readonly platform: Platform;
  private battery: Battery | undefined;

  constructor(platform: Platform, agreed: boolean) {
    this.platform = platform;
    this.agreed = agreed;
    const small = isMobile(platform) || (platform.deviceMemory ?? LITTLE_MEMORY_GIB + 1) <= LITTLE_MEMORY_GIB;
    this.degree = small ? SMALL_DEGREE : PARAMETERS.degree;
    this.most = small ? SMALL_MOST : PARAMETERS.most_neighbours;
    this.cacheBytes = small ? SMALL_CACHE_BYTES : LARGE_CACHE_BYTES;
  }

  /** Uploads may cost the viewer money: the browser saves data, or this is a phone that is not known to be on Wi-Fi. */
  get metered(): boolean {
    const { connection } = this.platform;
    if (connection?.saveData === true || connection?.type === "cellular") return true;
    const known = connection?.type !== undefined && connection.type !== "unknown" && connection.type !== "other";
    return !known && isMobile(this.platform);
  }

  /** Whether this device passes on what it has. */
  get uploads(): boolean {
    const low = this.battery !== undefined && !this.battery.charging && this.battery.level <= LOW_BATTERY;
    return (!this.metered || this.agreed) && !low;
  }

  /** Call back when one of the above may have changed. Returns how to stop it. */
  follow(changed: () => void): () => void {
    const stop = new AbortController();
    const { signal } = stop;
    this.platform.connection?.addEventListener("change", changed, { signal });
    // Where the battery is nobody's business, uploads do not depend on it.
    void this.platform.getBattery?.().then((battery) => {
      this.battery = battery;
      for (const event of ["levelchange", "chargingchange"]) battery.addEventListener(event, changed, { signal });
      if (!signal.aborted) changed();
    }, () => undefined);
    return () => { stop.abort(); };
  }
}
