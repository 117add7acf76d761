/*
 * @sluice/react-native: the Sluice SDK for React Native and Expo apps.
 * Called by an app's own code, which hands it its storage, AppState and, if it has it, NetInfo.
 * It never imports React Native, never brings a native module, never loses an event it called stored, and
 * never throws into the app.
 */
export { type Acknowledgement, createClient, type MobileClient } from "./client.ts";
export type { MobileAppState, MobileFetch, MobileNetInfo, MobileOptions, MobileStorage } from "./ports.ts";
export type { CallOptions, DropReason, EventResult, Fields, FlushReport } from "@sluice/core";
