// Bundles the tests for Node and runs them.
import { spawnSync } from "node:child_process";
import { readdirSync, rmSync } from "node:fs";
import { build } from "esbuild";

const out = new URL("./node_modules/.tests/", import.meta.url).pathname;
rmSync(out, { recursive: true, force: true });
const entryPoints = readdirSync(new URL("./test", import.meta.url)).filter((name) => name.endsWith(".test.ts"));
await build({
  entryPoints: entryPoints.map((name) => `test/${name}`),
  absWorkingDir: new URL(".", import.meta.url).pathname,
  bundle: true,
  platform: "node",
  format: "esm",
  outdir: out,
  outExtension: { ".js": ".mjs" },
});
const files = entryPoints.map((name) => out + name.replace(/ts$/, "mjs"));
process.exit(spawnSync(process.execPath, ["--test", "--test-reporter=dot", "--test-timeout=90000", ...files], { stdio: "inherit" }).status ?? 1);
