/** The part of the platform's module that contract/worker.ts uses; the tests have no types of Workers. */
declare module "cloudflare:workers" {
  export class DurableObject {
    constructor(ctx: { readonly storage: unknown }, env: unknown);
    readonly ctx: { readonly storage: unknown };
    readonly env: unknown;
  }
}
