// Builds the offline opener page: node opener/build.mjs OUT.html
//
// One file out of opener/, the libraries that assets/package-lock.json pins, the design tokens and the sentences of
// docs/exit-codes.md. No date, no path, no random: the same sources give the same bytes. Its policy lets this one
// script and this one style sheet run, by hash, and nothing be fetched (docs/adr/0008-opener-page.md).

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(HERE);
const MODULES = join(ROOT, "assets", "node_modules");
const { build } = createRequire(join(ROOT, "assets", "package.json"))("esbuild");
const BUNDLED = [
  "age-encryption", "@noble/ciphers", "@noble/curves", "@noble/hashes", "@noble/post-quantum", "@scure/base",
  "@digital-go-jp/design-tokens"];

const read = (...path) => readFileSync(join(...path), "utf8");
const hashOf = (text) => createHash("sha256").update(text).digest("base64");

/** docs/exit-codes.md is written from azukari.errors: word -> { ja, en }. */
function sentences() {
  const rows = [...read(ROOT, "docs", "exit-codes.md").matchAll(/^\| \d+ \| `([a-z-]+)` \| `\w+` \| (.+?) \| (.+?) \|$/gm)];
  if (rows.length < 20) throw new Error("docs/exit-codes.md has another form than this build knows");
  return Object.fromEntries(rows.map(([, word, ja, en]) => [word, { ja, en }]));
}

const sentencesPlugin = {
  name: "sentences",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^azukari:sentences$/ }, ({ path }) => ({ path, namespace: "azukari" }));
    onLoad({ filter: /.*/, namespace: "azukari" }, () => ({ contents: JSON.stringify(sentences()), loader: "json" }));
  },
};

async function script() {
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: [join(HERE, "src", "main.js")],
    nodePaths: [MODULES],
    plugins: [sentencesPlugin],
    bundle: true,
    write: false,
    format: "iife",
    target: "es2022",
    charset: "utf8",
    minifyWhitespace: true, // names stay: a reader of the page can follow it
    legalComments: "none", // the licences stand in the page in full
  });
  return outputFiles[0].text.replaceAll("</script", "<\\/script");
}

function licences() {
  return BUNDLED.map((name) => {
    const { version } = JSON.parse(read(MODULES, name, "package.json"));
    return `${name} ${version}\n\n${read(MODULES, name, "LICENSE").trim()}\n`;
  }).join("\n\n").replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

async function page() {
  const style = `${read(MODULES, "@digital-go-jp", "design-tokens", "dist", "tokens.css")}\n${read(HERE, "page.css")}`;
  const code = await script();
  const version = /__version__ = "(.+?)"/.exec(read(ROOT, "src", "azukari", "__init__.py"))[1];
  const parts = {
    "script-hash": hashOf(code), "style-hash": hashOf(style), style, script: code, licences: licences(), version,
  };
  return read(HERE, "page.html").replace(/\{\{([a-z-]+)\}\}/g, (_, name) => parts[name]);
}

writeFileSync(process.argv[2], await page());
