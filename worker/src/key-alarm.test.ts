import { expect, test } from "vitest";
import { KeyAlarm } from "./key-alarm.ts";
import { alarmedKeysMax, keyRequestsPerMinuteAlarm } from "./limits.ts";

test("W41: a key that passes the alarm is told of once a minute", () => {
  const alarm = new KeyAlarm();
  const tellsIn = (minute: number, requests: number): number => {
    let told = 0;
    for (let i = 0; i < requests; i++) told += alarm.count("shop 1", minute * 60_000 + (i % 60_000)) ? 1 : 0;
    return told;
  };
  expect(tellsIn(1, keyRequestsPerMinuteAlarm - 1)).toBe(0);
  expect(tellsIn(2, keyRequestsPerMinuteAlarm * 2)).toBe(1);
  expect(tellsIn(3, keyRequestsPerMinuteAlarm)).toBe(1);
});

test("W41: keys are counted apart, and only so many of them", () => {
  const alarm = new KeyAlarm();
  for (let i = 0; i < alarmedKeysMax * 2; i++) alarm.count(`shop ${i}`, 0);
  let told = 0;
  for (let i = 1; i < keyRequestsPerMinuteAlarm; i++) {
    told += alarm.count("shop 0", 0) ? 1 : 0;
    expect(alarm.count(`shop ${alarmedKeysMax}`, 0)).toBe(false);
  }
  expect(told).toBe(1);
});
