/**
 * Something that runs code and can die: an isolate, or one object in it. What it awaits is answered only while it
 * lives; what it sent before it died may still arrive.
 */
export class Process {
  readonly name: string;
  readonly #onDeath: (() => void)[] = [];
  #isAlive = true;

  readonly isImmortal: boolean;

  /**
   * @param host dies together with its guests.
   * @param isImmortal for those outside of Sluice, whose death would promise nothing.
   */
  constructor(name: string, host: Process | null = null, isImmortal = false) {
    this.name = name;
    this.isImmortal = isImmortal;
    host?.onDeath(() => this.kill());
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  onDeath(run: () => void): void {
    this.#onDeath.push(run);
  }

  /** Called before anything leaves the process: what it stored is then durable (the output gate of Durable Objects). */
  beforeSending(): void {
    for (const confirm of this.gates) confirm();
  }

  readonly gates: (() => void)[] = [];

  kill(): void {
    if (!this.#isAlive || this.isImmortal) return;
    this.#isAlive = false;
    for (const run of this.#onDeath) run();
  }
}
