import type { Fields } from "@sluice/core";

/** What the app's own modules say of the device; each may be left out. */
export interface DeviceInfo {
  /** `Platform` of React Native. */
  readonly platform?: { readonly OS: string; readonly Version?: string | number };
  /** `expo-application`, or anything with its fields. */
  readonly application?: {
    readonly applicationName?: string | null;
    readonly applicationId?: string | null;
    readonly nativeApplicationVersion?: string | null;
    readonly nativeBuildVersion?: string | null;
  };
  /** `expo-device`, or anything with its fields. Its `deviceName`, which often is the user's, is not read. */
  readonly device?: {
    readonly manufacturer?: string | null;
    readonly modelName?: string | null;
    readonly osName?: string | null;
    readonly osVersion?: string | null;
  };
  /** `Dimensions.get("screen")` of React Native. */
  readonly screen?: { readonly width: number; readonly height: number; readonly scale?: number };
  /** `Intl.DateTimeFormat().resolvedOptions()`, or `{ locale, timeZone }` of expo-localization. */
  readonly locale?: { readonly locale?: string; readonly timeZone?: string | null };
  /** Advertising id, for apps whose user has agreed to its use. The SDK never reads one by itself. */
  readonly advertisingId?: string | null;
}

/** The context of a device under Segment's names: app, device, os, screen, locale, timezone. What is not known is left out. */
export function deviceContext(info: DeviceInfo): Fields {
  const { platform, application, device, screen, locale, advertisingId } = info;
  return known({
    app: known({
      name: application?.applicationName,
      namespace: application?.applicationId,
      version: application?.nativeApplicationVersion,
      build: application?.nativeBuildVersion,
    }),
    device: known({
      type: platform?.OS,
      manufacturer: device?.manufacturer,
      model: device?.modelName,
      ...(advertisingId && { advertisingId, adTrackingEnabled: true }),
    }),
    os: known({ name: device?.osName ?? platform?.OS, version: device?.osVersion ?? textOf(platform?.Version) }),
    screen: screen && known({ width: screen.width, height: screen.height, density: screen.scale }),
    locale: locale?.locale,
    timezone: locale?.timeZone,
  });
}

/** The fields that have a value, and objects that have a field. */
function known(fields: Fields): Fields {
  const entries = Object.entries(fields).filter(
    ([, value]) =>
      value !== undefined && value !== null && !(typeof value === "object" && Object.keys(value).length === 0),
  );
  return Object.fromEntries(entries);
}

function textOf(version: string | number | undefined): string | undefined {
  return version === undefined ? undefined : String(version);
}
