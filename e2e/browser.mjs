// What every browser test uses: Chromium, the server's address, sign-in by link, screenshots, axe.
import { chromium } from "playwright-core";
import { readFileSync, mkdirSync, mkdtempSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import assert from "node:assert/strict";

export const url = process.env.TOUCHSTONE_URL ?? "http://127.0.0.1:8080";
export const shots = process.env.TOUCHSTONE_SCREENSHOTS
  ? join(process.cwd(), "..", process.env.TOUCHSTONE_SCREENSHOTS)
  : join(process.cwd(), "screenshots");
mkdirSync(shots, { recursive: true });

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** The sign-in links the server wrote at its start: [{role, login, url}]. */
export function links() {
  return JSON.parse(readFileSync(process.env.TOUCHSTONE_LINKS, "utf8"));
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

/** A page of somebody signed in with a role's link ("reviewer", "merchant01" …) in a language. */
export async function signedIn(who, { lang = "zh-CN", ...options } = {}) {
  const link = links().find((entry) => entry.role === who || entry.login === who);
  assert.ok(link, `no sign-in link for ${who}`);
  const page = await fresh({ lang, ...options });
  await page.goto(local(link.url));
  const enter = page.locator("form button[type=submit]").first();
  if (new URL(page.url()).pathname.startsWith("/link/")) await enter.click();
  await page.waitForLoadState();
  return page;
}

/** A page of a visitor. Every console error and failed request of it is a failure of the test. */
export async function fresh({ lang = "zh-CN", width = 1440, height = 900, dark = false } = {}) {
  const context = await (await launch()).newContext({
    locale: lang,
    viewport: { width, height },
    colorScheme: dark ? "dark" : "light",
    timezoneId: "Asia/Shanghai",
  });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  page.faults = [];
  page.on("pageerror", (error) => page.faults.push(`script error: ${error.message}`));
  page.on("console", (message) => {
    if (message.type() === "error" && !/status of 4\d\d/.test(message.text())) page.faults.push(`console: ${message.text()}`);
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(url) && !/^(data|blob|about):/.test(request.url())) page.faults.push(`left the host: ${request.url()}`);
  });
  return page;
}

/** The same address on the server under test. */
export function local(address) {
  const there = new URL(address, url);
  return new URL(there.pathname + there.search, url).href;
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
