// Prints the text of a PDF as pdf.js joins it for searching: extract.mjs FOLDER FILE, where FOLDER
// holds node_modules.
import fs from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [folder, file] = process.argv.slice(2);
// Node.js 18, which Debian 12 has, lacks it.
process.getBuiltinModule ??= createRequire(import.meta.url);
// What only painting needs, and nothing is painted here.
for (const name of ["DOMMatrix", "ImageData", "Path2D"]) globalThis[name] ??= class {};
const module = `${folder}/node_modules/pdfjs-dist/legacy/build/pdf.mjs`;
const { getDocument, VerbosityLevel } = await import(pathToFileURL(module));

const data = new Uint8Array(fs.readFileSync(file));
const pdf = await getDocument({ data, verbosity: VerbosityLevel.ERRORS }).promise;
for (let number = 1; number <= pdf.numPages; number++) {
  const content = await (await pdf.getPage(number)).getTextContent();
  console.log(content.items.map((item) => item.str + (item.hasEOL ? "\n" : "")).join(""));
}
