/** Numbers for people. Units in come as the argument's name says; unknown values become a dash. */

const UNKNOWN = "–";

/** `1:02:03`, or `2:03` under an hour. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return UNKNOWN;
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** `1.5 MB`, decimal units. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${threeDigits(value, unit === 0)} ${units[unit] ?? ""}`;
}

/** Bit/s as `12.3 Mbit/s`. */
export function formatRate(bps: number): string {
  if (!Number.isFinite(bps)) return UNKNOWN;
  if (bps >= 999.5e6) return `${threeDigits(bps / 1e9, false)} Gbit/s`;
  return `${threeDigits(bps / 1e6, bps === 0)} Mbit/s`;
}

/** A share from 0 to 1 as `63 %`; `digits` after the point. */
export function formatShare(share: number | null, digits = 0): string {
  if (share === null || !Number.isFinite(share)) return UNKNOWN;
  const text = (share * 100).toFixed(digits).replace("-", "−");
  return `${text} %`;
}

/** `850 ms` under a second, else `1.4 s`. */
export function formatShortTime(ms: number | null): string {
  if (ms === null || !Number.isFinite(ms)) return UNKNOWN;
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Unix ms as a date and time of the viewer's zone, in the given language (BCP 47). */
export function formatMoment(unixMs: number, tag: string): string {
  return new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" }).format(unixMs);
}

/** Unix ms as a time of day with seconds. */
export function formatClock(unixMs: number, tag: string): string {
  return new Intl.DateTimeFormat(tag, { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(unixMs);
}

function threeDigits(value: number, whole: boolean): string {
  if (whole) return value.toFixed(0);
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
