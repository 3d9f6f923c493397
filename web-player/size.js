/**
 * Brotli size of what each page loads, against size-budget.json. Counts the page, its styles, its static scripts and
 * those that it always asks for afterwards (a page's `import()`), each file once. Needs a built `dist/`.
 */
import { readFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));
const budget = JSON.parse(readFileSync("size-budget.json", "utf8"));

function filesOf(page) {
  const files = new Set([page]);
  const chunks = [page];
  for (const name of chunks) {
    const { file, css = [], imports = [], dynamicImports = [] } = manifest[name];
    for (const one of [file, ...css]) files.add(one);
    chunks.push(...[...imports, ...dynamicImports].filter((other) => !chunks.includes(other)));
  }
  return files;
}

function brotliSize(file) {
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11 };
  return brotliCompressSync(readFileSync(`dist/${file}`), { params }).length;
}

for (const [page, most] of Object.entries(budget)) {
  const size = [...filesOf(page)].reduce((sum, file) => sum + brotliSize(file), 0);
  console.log(`${page}: ${size} bytes of ${most}`);
  if (size > most) process.exitCode = 1;
}
