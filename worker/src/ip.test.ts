import { expect, test } from "vitest";
import { ipUnderPolicy, senderNetwork } from "./ip.ts";

test("W18: truncate keeps the /24 of IPv4 and the /48 of IPv6", () => {
  const truncated: Record<string, string | null> = {
    "203.0.113.77": "203.0.113.0",
    "::ffff:203.0.113.77": "203.0.113.0",
    "2001:db8:1:2:3:4:5:6": "2001:db8:1::",
    "2001:DB8:1::6": "2001:db8:1::",
    "2001:db8::1": "2001:db8::",
    "::1": "::",
    "2001:0db8:0000:0042:0000:8a2e:0370:7334": "2001:db8::",
  };
  for (const [address, network] of Object.entries(truncated)) {
    expect(ipUnderPolicy(address, "truncate"), address).toBe(network);
  }
});

test("W18: drop keeps nothing, keep keeps the address", () => {
  expect(ipUnderPolicy("203.0.113.77", "drop")).toBeNull();
  expect(ipUnderPolicy("203.0.113.77", "keep")).toBe("203.0.113.77");
  expect(ipUnderPolicy("2001:DB8::1", "keep")).toBe("2001:db8::1");
});

test("W18: what is no address is dropped under every policy", () => {
  const none = [
    "",
    "unknown",
    "1.2.3",
    "1.2.3.256",
    "1.2.3.4, 5.6.7.8",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
  ];
  for (const text of [...none, "12345::", "g::", "1:2:3:4:5:6:7::8:9", "<script>"]) {
    expect(ipUnderPolicy(text, "truncate"), text).toBeNull();
    expect(ipUnderPolicy(text, "keep"), text).toBeNull();
  }
  expect(ipUnderPolicy(null, "keep")).toBeNull();
});

test("W40: one sender is an IPv4 address or an IPv6 /64, however it is written", () => {
  expect(senderNetwork("203.0.113.77")).toBe("203.0.113.77");
  expect(senderNetwork("::ffff:203.0.113.77")).toBe("203.0.113.77");
  expect(senderNetwork("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
  expect(senderNetwork("2001:0DB8:1:2::6")).toBe("2001:db8:1:2::/64");
  expect(senderNetwork("2001:db8:1:3::6")).toBe("2001:db8:1:3::/64");
  for (const text of [null, "", "unknown", "1.2.3.4, 5.6.7.8", "x".repeat(100)]) expect(senderNetwork(text)).toBeNull();
});
