// Virtual time for a Worker: `Date` runs CLOCK.speed times as fast, so that an hour of publishing, batching and crons
// passes in a minute. CLOCK is defined when the Worker is bundled. To be imported before everything else.
const RealDate = globalThis.Date;
const { realStartMs, virtualStartMs, speed } = CLOCK;

/** Virtual ms of a real time. */
export function virtualOf(realMs) {
  return Math.floor(virtualStartMs + (realMs - realStartMs) * speed);
}

/** Real ms of a virtual time. */
export function realOf(virtualMs) {
  return Math.ceil(realStartMs + (virtualMs - virtualStartMs) / speed);
}

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(virtualOf(RealDate.now()));
    else super(...args);
  }

  static now() {
    return virtualOf(RealDate.now());
  }
};
