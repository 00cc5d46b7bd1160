declare module "*.css" {
  const css: string;
  export default css;
}

/** Put in by the build: where the other files are, and what they must be. */
declare const FILES: { panel: string; integrity: string };
