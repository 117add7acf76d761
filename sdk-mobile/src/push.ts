import type { Fields } from "@sluice/core";
import type { Tracks } from "./links.ts";

/** What is known of a push notification that was opened; texts shown to the user are not among it. */
export interface PushOpen {
  /** The button that was pressed; none for the notification itself. */
  readonly action?: string;
  /** `name`, `source`, `medium`, `content` of the campaign. */
  readonly campaign?: Fields;
}

interface PushResponse {
  readonly actionIdentifier: string;
  readonly notification: {
    readonly date?: number;
    readonly request: { readonly identifier: string; readonly content: { readonly data?: unknown } };
  };
}

/** The part of `expo-notifications` that is used. */
export interface PushNotifications {
  readonly DEFAULT_ACTION_IDENTIFIER?: string;
  getLastNotificationResponse(): PushResponse | null;
  addNotificationResponseReceivedListener(listener: (response: PushResponse) => void): { remove(): void };
}

/** Tracks `Push Notification Tapped`, from whichever library the notification came. */
export function trackPushOpen(client: Tracks, { action, campaign }: PushOpen): void {
  client.track(
    "Push Notification Tapped",
    { ...(action !== undefined && { action }), ...(campaign && { campaign }) },
    campaign && { context: { campaign } },
  );
}

/**
 * Tracks `Push Notification Tapped` for every notification of `expo-notifications` that is opened, the one that launched the
 * app included. The field `campaign` of its data is sent, nothing else of it. Returns what ends it.
 */
export function trackPushOpens(client: Tracks, notifications: PushNotifications): () => void {
  let last = "";
  const opened = (response: PushResponse | null): void => {
    if (response === null) return;
    const { actionIdentifier, notification } = response;
    const id = `${notification.request.identifier} ${notification.date} ${actionIdentifier}`;
    if (id === last) return; // the launching one is told to the listener too, on some platforms
    last = id;
    const { campaign } = (notification.request.content.data ?? {}) as { readonly campaign?: unknown };
    const isDefault = actionIdentifier === notifications.DEFAULT_ACTION_IDENTIFIER;
    trackPushOpen(client, {
      ...(!isDefault && { action: actionIdentifier }),
      ...(typeof campaign === "object" && campaign !== null && { campaign: campaign as Fields }),
    });
  };
  const subscription = notifications.addNotificationResponseReceivedListener(opened);
  try {
    opened(notifications.getLastNotificationResponse());
  } catch {
    // not there on the web
  }
  return () => subscription.remove();
}
