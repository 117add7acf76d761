import { type JsonObject, objectField } from "@sluice/schema";
import { text } from "../text.ts";
import { none } from "./sent-event.ts";
import type { SettingStep } from "./step.ts";

/** The program that sent the event. */
export const library: SettingStep<"sdk_name" | "sdk_version" | "app_name" | "app_version"> = {
  name: "library",
  about: "the SDK and the app that the context names",
  reads: { receipt: false, context: ["library", "app"], ownPage: false },
  columns: ({ context }) => {
    const sdk = objectField(context, "library") ?? none;
    const app = objectField(context, "app") ?? none;
    return {
      sdk_name: sdkNameOf(context),
      sdk_version: text(sdk, "version"),
      app_name: text(app, "name"),
      app_version: text(app, "version"),
    };
  },
};

/** The SDK's name as the context states it. */
export function sdkNameOf(context: JsonObject): string | null {
  return text(objectField(context, "library") ?? none, "name");
}
