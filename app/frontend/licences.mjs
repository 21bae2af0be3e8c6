// Gathers the licences of all that the bundle holds beside it.

import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";

const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8"));
const shipped = Object.entries(packages).filter(
  ([place, one]) => place && !one.dev && !one.optional && existsSync(place),
);
const texts = shipped.map(([place, one]) => {
  const file = readdirSync(place).find((name) => /^licen[cs]e/i.test(name));
  const name = place.replace("node_modules/", "");
  const own = name === "@niivue/niivue" ? "niivue.LICENSE.txt" : file && `${place}/${file}`;
  const text = own ? readFileSync(own, "utf8").trim() : `Licence: ${one.license}.`;
  return `${name} ${one.version} (${one.license})\n\n${text}\n`;
});
writeFileSync("bundle/LICENSES.txt", texts.join(`\n${"-".repeat(72)}\n\n`));
