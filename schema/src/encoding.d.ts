/** The two classes of the Encoding Standard that every runtime of Sluice has; the package uses no other platform API. */
declare class TextEncoder {
  encode(text: string): Uint8Array;
}
declare class TextDecoder {
  decode(bytes: Uint8Array): string;
}
