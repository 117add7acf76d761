/** Name of this SDK in `context.library`. */
export const sdkName = "@sluice/web";

/** Version of this SDK; a test keeps it equal to package.json. */
export const sdkVersion = "0.1.0";
