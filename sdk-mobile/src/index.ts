/*
 * @sluice/react-native: the Sluice SDK for React Native and Expo apps.
 * Called by an app's own code, which hands it its storage, AppState and, if it has them, NetInfo and Linking.
 * It never imports React Native, never brings a native module, never loses an event it called stored, and
 * never throws into the app.
 */
export { createClient } from "./client.ts";
export { deviceContext, type DeviceInfo } from "./device-context.ts";
export { campaignOf, trackDeepLinks, type Tracks } from "./links.ts";
export { mmkvStorage, type Mmkv } from "./mmkv.ts";
export type * from "./notices.ts";
export type * from "./options.ts";
export type * from "./ports.ts";
export { trackPushOpen, trackPushOpens, type PushNotifications, type PushOpen } from "./push.ts";
export { screenTracker, trackNavigation, type NavigationContainer, type Screens } from "./screens.ts";
export type { CallOptions, EventResult, Fields, FlushReport } from "@sluice/core";
