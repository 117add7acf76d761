import type { IpPolicy } from "@sluice/schema";

/**
 * A client address under its source's policy: nothing, its network (IPv4 /24, IPv6 /48), or as it is.
 * What is no address becomes `null`. IPv4 inside IPv6 (`::ffff:192.0.2.1`) counts as IPv4.
 */
export function ipUnderPolicy(address: string | null, policy: IpPolicy): string | null {
  if (address === null || policy === "drop" || address.length > 45) return null;
  const ipv4 = parseIpv4(address.replace(/^::ffff:/i, ""));
  if (ipv4 !== null) return policy === "keep" ? ipv4.join(".") : `${ipv4.slice(0, 3).join(".")}.0`;
  const ipv6 = parseIpv6(address);
  if (ipv6 === null) return null;
  return policy === "keep" ? address.toLowerCase() : ipv6Network(ipv6);
}

/**
 * The part of an address that counts as one sender for the brake: an IPv4 address, or the /64 that a single subscriber owns of
 * IPv6; `null` for what is no address. It is used for counting and goes nowhere.
 */
export function senderNetwork(address: string | null): string | null {
  if (address === null || address.length > 45) return null;
  const ipv4 = parseIpv4(address.replace(/^::ffff:/i, ""));
  if (ipv4 !== null) return ipv4.join(".");
  const ipv6 = parseIpv6(address);
  return ipv6 === null
    ? null
    : `${ipv6
        .slice(0, 4)
        .map((group) => group.toString(16))
        .join(":")}::/64`;
}

function parseIpv4(text: string): readonly number[] | null {
  if (!/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return null;
  const octets = text.split(".").map(Number);
  return octets.every((octet) => octet <= 255) ? octets : null;
}

/** The eight groups of an IPv6 address (RFC 4291), `::` filled up; `null` when it is none. */
function parseIpv6(text: string): readonly number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [left, right] = halves.map(groupsOf);
  if (left === undefined || left === null || right === null) return null;
  if (right === undefined) return left.length === 8 ? left : null;
  const missing = 8 - left.length - right.length;
  return missing < 1 ? null : [...left, ...Array.from({ length: missing }, () => 0), ...right];
}

function groupsOf(half: string): readonly number[] | null {
  if (half === "") return [];
  const groups = half.split(":");
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : null;
}

/** The first 48 bits, written with `::` for the rest. */
function ipv6Network(groups: readonly number[]): string {
  const kept = groups.slice(0, 3);
  while (kept.at(-1) === 0) kept.pop();
  return `${kept.map((group) => group.toString(16)).join(":")}::`;
}
