// Builds dist/: the launcher, what it loads, and a list of the files with their sizes and hashes.
import { createHash } from "node:crypto";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import { build, transform } from "esbuild";

const LAUNCHER = 3 * 1024; // bytes, gzip
const ALL = 20 * 1024;
const OUT = new URL("./dist/", import.meta.url);

const css = {
  name: "css",
  setup(builder) {
    builder.onLoad({ filter: /\.css$/ }, async ({ path }) => {
      const { code } = await transform(await readFile(path, "utf8"), { loader: "css", minify: true });
      return { contents: code.trim(), loader: "text" };
    });
  },
};
const common = {
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  legalComments: "none",
  absWorkingDir: new URL(".", import.meta.url).pathname,
  write: false,
  outdir: "dist",
  plugins: [css],
};

const panel = await build({ ...common, entryPoints: { panel: "src/panel.ts" }, splitting: true, entryNames: "[name].[hash]", chunkNames: "[name].[hash]" });
const nameOf = (file) => file.path.split("/").pop();
const integrity = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;
const entry = panel.outputFiles.find((file) => nameOf(file).startsWith("panel."));
const launcher = await build({
  ...common,
  entryPoints: { widget: "src/launcher.ts" },
  define: { FILES: JSON.stringify({ panel: `./${nameOf(entry)}`, integrity: integrity(entry.contents) }) },
});

await rm(OUT, { recursive: true, force: true });
await mkdir(OUT);
const manifest = {};
for (const file of [...launcher.outputFiles, ...panel.outputFiles]) {
  await writeFile(new URL(nameOf(file), OUT), file.contents);
  manifest[nameOf(file)] = {
    bytes: file.contents.length,
    gzip: gzipSync(file.contents, { level: 9 }).length,
    integrity: integrity(file.contents),
  };
}
await writeFile(new URL("manifest.json", OUT), `${JSON.stringify(manifest, null, 2)}\n`);

const all = Object.values(manifest).reduce((sum, { gzip }) => sum + gzip, 0);
for (const [name, { bytes, gzip }] of Object.entries(manifest)) console.log(`${name.padEnd(24)} ${bytes} bytes, ${gzip} gzip`);
console.log(`${"all".padEnd(24)} ${all} gzip (at most ${ALL}; the launcher ${LAUNCHER})`);
console.log(`<script type="module" src="/widget.js" integrity="${manifest["widget.js"].integrity}" crossorigin></script>`);
if (manifest["widget.js"].gzip > LAUNCHER || all > ALL) {
  console.error("The widget is larger than it may be.");
  process.exit(1);
}
