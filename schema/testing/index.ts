/*
 * Arbitraries of the contract for property tests (fast-check), and generators of what a hostile sender makes.
 * Imported by tests of every package, by relative path; never built, published or deployed.
 * They promise nothing about sizes beyond what their docstrings say, and draw no chance of their own.
 */
export * from "./event.ts";
export * from "./json.ts";
export * from "./receipt.ts";
