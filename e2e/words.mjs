// What a page may not show: names of messages instead of texts, placeholders, and texts of the other language.
import { readdirSync, readFileSync, existsSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");

/** The message catalogs of all crates in a language: [{crate, id, text}]. */
export function catalog(language) {
  const crates = ["platform", "slices", "engines"].flatMap((floor) =>
    existsSync(join(root, floor)) ? readdirSync(join(root, floor)).map((name) => join(root, floor, name)) : []);
  return [...crates, join(root, "app")]
    .map((crate) => join(crate, "locales", `${language}.ftl`))
    .filter((file) => existsSync(file))
    .flatMap((file) => readFileSync(file, "utf8").split("\n"))
    .map((line) => /^([a-z][a-z0-9-]*)\s*=\s*(.*)$/.exec(line))
    .filter(Boolean)
    .map(([, id, text]) => ({ id, text: text.trim() }));
}

const prefixes = [...new Set(catalog("zh-CN").map(({ id }) => id.split("-")[0]))];
const idShape = new RegExp(`(?<![\\w/.:-])(?:${prefixes.join("|")})(?:-[a-z0-9]+)+(?![\\w/.-])`, "g");
/** Ids that are no messages: names of timers and actors the product shows as such. */
const notMessages = new Set(["error-code"]);

/** Raw message ids and placeholders in a text. */
export function rawMessages(text) {
  const ids = (text.match(idShape) ?? []).filter((id) => !notMessages.has(id));
  return [...ids, ...(text.match(/\{\s*\$\w+\s*\}/g) ?? [])];
}

const chinese = new Set(catalog("zh-CN").map(({ text }) => text).filter((text) => /\p{Script=Han}/u.test(text) && !text.includes("{")));
const alsoEnglish = new Set(catalog("en").map(({ text }) => text));

/** Whether a text is one of the Chinese texts of the catalogs (and not also what the English one says). */
export function isChineseText(text) {
  return chinese.has(text) && !alsoEnglish.has(text);
}

export const hasHan = (text) => /\p{Script=Han}/u.test(text);
