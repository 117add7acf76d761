/** Text files become their content, as a string, in wrangler's and esbuild's bundles. */
declare module "*.txt" {
  const text: string;
  export default text;
}
