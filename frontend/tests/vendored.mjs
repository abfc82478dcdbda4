// Lets Node find the libraries where the page finds them, and gives it the global on which modules look for others.

import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";

const ui = new URL("../flowscope_ui/", import.meta.url);
const libraries = JSON.parse(readFileSync(new URL("libraries.json", ui), "utf8"));

registerHooks({
  resolve: (name, context, next) =>
    next(libraries[name] ? new URL(`assets/${libraries[name]}`, ui).href : name, context),
});

globalThis.window ??= globalThis;
