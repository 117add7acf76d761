import { bot } from "./bot.ts";
import { campaign } from "./campaign.ts";
import { clock } from "./clock.ts";
import { consent } from "./consent.ts";
import { device } from "./device.ts";
import { documents } from "./documents.ts";
import { extra } from "./extra.ts";
import { identity } from "./identity.ts";
import { library } from "./library.ts";
import { money } from "./money.ts";
import { page } from "./page.ts";
import { place } from "./place.ts";
import { receipt } from "./receipt.ts";
import type { SettingStep, Step } from "./step.ts";
import { surroundings } from "./surroundings.ts";

/*
 * How an event becomes a row, in order. Every column of the table is filled by exactly one step. To add a column,
 * add it to columns.ts and to its step; to add a step, put it behind those whose columns it reads.
 */

/** What the events of one setting share. */
export const settingSteps: readonly SettingStep[] = [
  receipt, // when and by which key it came
  surroundings, // its context, whole
  library, // what sent it
  place, // where it was sent from
  page, // where in the product it happened
  campaign, // what led there; reads page
  device, // on what
  bot, // by a program?; reads device
  consent, // what its person agreed to
];

/** What is an event's own. */
export const eventSteps: readonly Step[] = [
  identity, // what it is and whom it is of
  clock, // when it happened; reads library
  money, // what it is worth
  documents, // what it says of itself, whole
  extra, // and what no other step has taken
];

/** All of them. */
export const steps: readonly Step[] = [...settingSteps, ...eventSteps];
