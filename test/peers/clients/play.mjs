// SPDX-License-Identifier: Apache-2.0
// node play.mjs FILE SCENARIO: plays one scenario with the values that stand on the standard input as
// JSON, and says what came of it likewise. What goes wrong in between ends it with a status and a text.
import { readFileSync } from "node:fs";

const [file, scenario] = process.argv.slice(2);
const given = JSON.parse(readFileSync(0, "utf8"));
const scenarios = await import(`./${file}.mjs`);
const result = await scenarios[scenario](given);
process.stdout.write(JSON.stringify(result ?? null));
