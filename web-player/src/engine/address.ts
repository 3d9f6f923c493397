/** Which texts are IP addresses (without a zone) or multicast DNS names, as Python's ipaddress and swarm/sdp.py say. */

const MDNS = /^[A-Za-z0-9-]{1,57}\.local$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;
const GROUP = /^[0-9A-Fa-f]{1,4}$/;
const IPV6_GROUPS = 8;

/** Whether an address is a multicast DNS name that hides a host's own address from pages. */
export function isMdns(text: string): boolean {
  return MDNS.test(text);
}

/** Whether a text is an IPv4 address in four decimal numbers, or an IPv6 address (RFC 4291 section 2.2). */
export function isAddress(text: string): boolean {
  return IPV4.test(text) || isIpv6(text);
}

function isIpv6(text: string): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const [left = "", right] = halves;
  const before = groupsOf(left, right === undefined);
  const after = right === undefined ? 0 : groupsOf(right, true);
  if (before === undefined || after === undefined) return false;
  return right === undefined ? before === IPV6_GROUPS : before + after < IPV6_GROUPS;
}

/** How many groups a colon-separated half has, an IPv4 address at its end counting as two; undefined when broken. */
function groupsOf(half: string, mayEndInIpv4: boolean): number | undefined {
  if (half === "") return 0;
  const parts = half.split(":");
  const last = parts.at(-1) ?? "";
  const mapped = mayEndInIpv4 && IPV4.test(last);
  const groups = mapped ? parts.slice(0, -1) : parts;
  return groups.every((group) => GROUP.test(group)) ? groups.length + (mapped ? 2 : 0) : undefined;
}
