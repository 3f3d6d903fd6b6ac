// What every browser test uses: Chromium, the server's address, sign-in by link, screenshots, axe.
import { chromium } from "playwright-core";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import assert from "node:assert/strict";

export const url = process.env.TOUCHSTONE_URL ?? "http://127.0.0.1:8080";
export const data = process.env.TOUCHSTONE_DATA;
export const shots = process.env.TOUCHSTONE_SCREENSHOTS
  ? join(process.cwd(), "..", process.env.TOUCHSTONE_SCREENSHOTS)
  : join(process.cwd(), "screenshots");
mkdirSync(shots, { recursive: true });

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const SESSION_COOKIE = "ts_session";

/** The sign-in links the server wrote at its start: [{role, login, url}]. */
export function links() {
  return JSON.parse(readFileSync(process.env.TOUCHSTONE_LINKS, "utf8"));
}

/** The program, with its arguments; answers what it printed. */
export function touchstone(...args) {
  return execFileSync(process.env.TOUCHSTONE_BINARY, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
}

/** The same, for a run that must fail: its exit code and everything it said. */
export function touchstoneFails(...args) {
  try {
    touchstone(...args);
  } catch (error) {
    return { code: error.status, said: `${error.stdout}${error.stderr}` };
  }
  return assert.fail(`touchstone ${args.join(" ")} was expected to fail`);
}

let browser;
/** One Chromium for the whole test file. */
export async function launch() {
  browser ??= await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
      "--disable-background-networking", "--disable-component-update", "--disable-sync",
      `--crash-dumps-dir=${mkdtempSync(join(tmpdir(), "chromium-"))}`,
    ],
  });
  return browser;
}

export async function close() {
  await browser?.close();
  browser = undefined;
}

// A link signs in once, and the test files share the links: sessions are kept beside them, by sign-in name.
const keptAt = () => `${process.env.TOUCHSTONE_LINKS}.sessions`;
const kept = () => (existsSync(keptAt()) ? JSON.parse(readFileSync(keptAt(), "utf8")) : {});

/** A page of somebody signed in ("reviewer", "merchant01" …) in a language. */
export async function signedIn(login, options = {}) {
  const page = await fresh(options);
  const before = kept()[login];
  if (before) {
    await page.context().addCookies([before]);
    await page.goto(`${url}/account`);
    if (new URL(page.url()).pathname === "/account") return page;
  }
  const link = links().find((entry) => entry.login === login);
  const answer = link && !before ? await page.goto(local(link.url)) : undefined;
  // A link that is used or too old by the demonstration's time: the command makes another.
  if (!answer?.ok()) await page.goto(local(touchstone("user", "link", login, "--data", data).trim()));
  await page.locator("main form button[type=submit]").first().click();
  await page.waitForURL((there) => !there.pathname.startsWith("/link/"));
  const cookies = await page.context().cookies();
  const session = cookies.find((cookie) => cookie.name === SESSION_COOKIE);
  assert.ok(session, `the link of ${login} did not sign in`);
  writeFileSync(keptAt(), JSON.stringify({ ...kept(), [login]: session }));
  return page;
}

/** A page of a visitor. Console errors and requests that leave the host are kept in `page.faults`. */
export async function fresh({ lang = "zh-CN", width = 1440, height = 900, dark = false, script = true } = {}) {
  const context = await (await launch()).newContext({
    locale: lang,
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    timezoneId: "Asia/Shanghai",
    javaScriptEnabled: script,
  });
  context.setDefaultTimeout(20_000);
  await context.addCookies([{ name: "ts_lang", value: lang, url }]);
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) page.faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(`${url}/`) && !/^(data|blob|about):/.test(request.url())) {
      page.faults.push(`left the host: ${request.url()}`);
    }
  });
  return page;
}

/** The same address on the server under test. */
export function local(address) {
  const there = new URL(address, url);
  return new URL(there.pathname + there.search, url).href;
}

/** Asks again and again until there is an answer that counts; fails with `what` when the time is over. */
export async function eventually(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    assert.ok(Date.now() < end, `after ${seconds} s still not: ${what}`);
    await pause(300);
  }
}

export async function shot(page, name) {
  await page.screenshot({ path: join(shots, `${name}.png`) });
}

/** Refuses serious and critical accessibility violations. */
export async function accessible(page, what) {
  await page.evaluate(axeSource);
  const result = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const bad = result.violations.filter((violation) => ["serious", "critical"].includes(violation.impact));
  assert.deepEqual(
    bad.map((violation) => `${violation.id}: ${violation.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`),
    [], `accessibility of ${what}`);
}

export function clean(page, what) {
  assert.deepEqual(page.faults, [], `faults on ${what}`);
}
