// Prints `path:line name lines` for each function of the TypeScript files named on the command line.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";

const ts = createRequire(resolve("web-player/package.json"))("typescript");

const nameOf = (node) => node.name?.getText() ?? node.parent?.name?.getText?.() ?? "(anonymous)";

function visit(node, source, path) {
  if (ts.isFunctionLike(node) && node.body !== undefined) {
    const first = source.getLineAndCharacterOfPosition(node.getStart(source)).line;
    const last = source.getLineAndCharacterOfPosition(node.end).line;
    console.log(`${path}:${first + 1} ${nameOf(node).replaceAll(/\s+/g, "")} ${last - first + 1}`);
  }
  ts.forEachChild(node, (child) => visit(child, source, path));
}

for (const path of process.argv.slice(2)) {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  visit(source, source, path);
}
