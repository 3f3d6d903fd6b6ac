// A day on which things go wrong, watched from the console: the faulty batch becomes an alert, the fair promotion does not;
// the sale stops, the rating falls, the merchant reads what restores it, the shop's feed carries it, the history answers.
// Then a process is killed while signals come in, and nothing acknowledged is missing.
import { after, describe, test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { accessible, clean, close, eventually, fresh, shot, signedIn, touchstone, url } from "../browser.mjs";

const story = {};
let broken;

/** A step of the story. */
function step(name, tell, seconds = 180) {
  test(name, { timeout: seconds * 1000 }, async () => {
    assert.equal(broken, undefined, `not reached: "${broken}" failed`);
    broken = name;
    await tell();
    broken = undefined;
  });
}

const text = (page, selector = "main") => page.locator(selector).first().innerText();
const read = async (page, path) => {
  const answer = await page.request.get(url + path);
  assert.ok(answer.ok(), `${path}: ${answer.status()} ${await answer.text()}`);
  return answer.json();
};
/** The alerts about goods, by the shop's number. */
const alertsOf = async (product) => (await read(story.manager, "/v1/alerts?rows=200")).rows.filter((alert) => alert.product === product);

describe("a day on which things go wrong", { concurrency: false }, () => {
  after(close);

  step("the staged day is told, and passes", async () => {
    const page = (story.manager = await signedIn("manager"));
    await page.goto(`${url}/console/demonstration`);
    const staged = await page.locator("main table tbody tr").evaluateAll((rows) => rows.map((row) => ({
      goods: new URL(row.querySelector("a").href).searchParams.get("search"),
      part: row.innerText,
    })));
    const goods = (pattern) => staged.find((row) => pattern.test(row.part))?.goods ?? assert.fail(`nothing staged: ${pattern}`);
    Object.assign(story, { faulty: goods(/2611-B/), promoted: goods(/正常促销/), brushed: goods(/刷单/), praised: goods(/买好评/) });
    await page.fill("[name=speed]", "14400");
    await page.locator("form[action='/console/demonstration/days'] button[type=submit]").click();
    await page.waitForLoadState();
    await eventually("the day is over", async () => {
      await page.goto(`${url}/console/demonstration`);
      return /100%/.test(await text(page));
    }, 120);
    await shot(page, "demonstration-zh");
    clean(page, "the demonstration's page");
  });

  step("the faulty batch is an alert, the fair promotion is none", async () => {
    const found = await eventually("an alert about the faulty batch", async () => {
      const alerts = await alertsOf(story.faulty);
      return alerts.length > 0 && alerts;
    }, 90);
    story.alert = found.find((alert) => alert.key?.kind === "lot" || alert.lot) ?? found[0];
    await eventually("an alert about the empty parcels", async () => (await alertsOf(story.brushed)).length > 0, 90);
    await eventually("an alert about the bought reviews", async () => (await alertsOf(story.praised)).length > 0, 90);
    assert.deepEqual((await alertsOf(story.promoted)).map((alert) => alert.detector), [], "a fair promotion is nobody's business");
  });

  step("the alert shows its curve, in both languages", async () => {
    const page = story.manager;
    await page.goto(`${url}/console/alerts`);
    assert.match(await text(page), /2611-B|投诉/);
    await accessible(page, "the alerts");
    await shot(page, "alerts-zh");
    await page.goto(`${url}/console/alerts/${story.alert.id}`);
    await page.locator("main .ts-card").first().waitFor();
    assert.ok(await page.locator("[data-chart], .ts-chart").count(), "the curve is drawn");
    await accessible(page, "the alert");
    clean(page, "the alert");
    await shot(page, "alert-zh");
    const english = await signedIn("manager", { lang: "en-US" });
    await english.goto(`${url}/console/alerts/${story.alert.id}`);
    await shot(english, "alert-en");
    clean(english, "the alert in English");
    await english.context().close();
  });

  step("the sale stops, and the alert is closed as true", async () => {
    const page = story.manager;
    const act = async (what, fill = async () => {}) => {
      await page.goto(`${url}/console/alerts/${story.alert.id}`);
      const form = page.locator(`form[action$='/${what}']`);
      await form.first().evaluate((element) => { for (let up = element; up; up = up.parentElement) if (up.tagName === "DETAILS") up.open = true; });
      await fill(form);
      await form.locator("button[type=submit]").click();
      await page.waitForLoadState();
    };
    await act("acknowledge");
    await act("stop", async (form) => form.locator("[name=note]").fill("新批次投诉集中，先停售再查"));
    const listing = (await read(page, `/v1/listings?search=${story.faulty}`)).rows[0];
    await eventually("the listing is off the shelf", async () => (await read(page, `/v1/listings/${listing.id}`)).state !== "on_sale", 60);
    await act("close", async (form) => {
      await form.locator("[name=closed_as][value=true]").check();
      await form.locator("[name=reason]").selectOption({ index: 1 });
      await form.locator("[name=note]").fill("批次 2611-B 外壳开裂，确认");
    });
    await eventually("the alert is closed", async () => (await read(page, `/v1/alerts/${story.alert.id}`)).state === "closed", 30);
  });

  step("the rating falls, with its reasons", async () => {
    let page = story.manager;
    const merchant = (await read(page, `/v1/listings?search=${story.faulty}`)).rows[0].merchant_id;
    story.rated = `${merchant}/${story.faulty}`;
    const before = await read(page, `/v1/ratings/${story.rated}`);
    await page.goto(`${url}/console/demonstration`);
    await page.fill("[name=days]", "2");
    await page.locator("form[action='/console/demonstration'] button[type=submit]").click();
    await page.waitForLoadState();
    // Two days later nobody is signed in any more.
    page = story.manager = await signedIn("manager");
    const now = await eventually("the rating has fallen", async () => {
      const rating = await read(page, `/v1/ratings/${story.rated}`);
      return rating.score < before.score && rating;
    }, 150);
    assert.ok(now.lower <= now.score && now.score <= now.upper, JSON.stringify(now));
    await page.goto(`${url}/console/ratings`);
    await accessible(page, "the ratings");
    await shot(page, "ratings-zh");
    await page.goto(`${url}/console/ratings/${story.rated}`);
    await accessible(page, "the rating");
    await shot(page, "rating-zh");
    clean(page, "the rating");
  }, 240);

  step("the merchant reads what restores it, the feed carries it", async () => {
    const page = await signedIn("merchant37");
    await page.goto(`${url}/merchant/ratings/${story.faulty}`);
    await accessible(page, "the merchant's rating");
    await shot(page, "merchant-rating-zh");
    clean(page, "the merchant's rating");
    const feed = await read(story.manager, "/v1/ratings?rows=500");
    assert.ok(JSON.stringify(feed).includes(story.faulty), "the feed tells the shop");
    await page.context().close();
  });

  step("the history answers in SQL and draws it", async () => {
    const page = story.manager;
    await page.goto(`${url}/console/history`);
    await page.fill("[name=sql]", `SELECT lot, count(*) AS complaints FROM signals WHERE kind = 'complaint' AND product = '${story.faulty}' GROUP BY lot ORDER BY complaints DESC`);
    await page.locator("form:has([name=sql]) button[type=submit]").first().click();
    await page.waitForLoadState();
    assert.match(await text(page), /2611-B/);
    await page.selectOption("[name=chart]", "bar");
    await page.selectOption("[name=x]", "lot");
    await page.selectOption("[name=y]", "complaints");
    await page.locator("form:has([name=chart]) button[type=submit]").last().click();
    await page.waitForLoadState();
    assert.ok(await page.locator("[data-chart], .ts-chart").count(), "the answer is drawn");
    await accessible(page, "the history");
    await shot(page, "history-zh");
    await page.goto(`${url}/console/history?sql=${encodeURIComponent("DROP TABLE signals")}`);
    assert.doesNotMatch(await text(page), /DataFusion|panicked/);
    await page.goto(`${url}/console/signals`);
    await accessible(page, "the signals");
    await shot(page, "signals-zh");
  });

  step("a process that is killed under load loses nothing it acknowledged", async () => {
    const folder = mkdtempSync(join(tmpdir(), "touchstone-kill-"));
    const port = await new Promise((done) => {
      const probe = createServer().listen(0, "127.0.0.1", () => { const { port } = probe.address(); probe.close(() => done(port)); });
    });
    const here = `http://127.0.0.1:${port}`;
    const start = async () => {
      const server = spawn(process.env.TOUCHSTONE_BINARY, ["serve", "--data", folder, "--port", String(port)], { stdio: ["ignore", "pipe", "inherit"] });
      server.ended = new Promise((done) => server.once("exit", done));
      let said = "";
      server.stdout.on("data", (chunk) => { said += chunk; });
      await eventually("the server answers", async () => fetch(`${here}/`).then((answer) => answer.ok, () => false));
      return { server, said: () => said };
    };
    const { server } = await start();
    try {
      const link = new URL(touchstone("user", "link", "admin", "--data", folder).trim()).pathname;
      const mark = (html) => html.match(/name="csrf_token" value="([^"]+)"/)[1];
      const page = await fresh();
      await page.goto(here + link);
      await page.locator("main form button[type=submit]").first().click();
      await page.waitForURL((there) => !there.pathname.startsWith("/link/"));
      const session = (await page.context().cookies()).find((one) => one.name === "ts_session" && one.value);
      await page.context().close();
      const cookie = `ts_session=${session.value}`;
      const account = await (await fetch(`${here}/account`, { headers: { cookie } })).text();
      const headers = { cookie, "x-csrf-token": mark(account), "content-type": "application/x-ndjson" };
      // Few large bodies: the limit of requests a minute holds here too.
      const SIZE = 4_000;
      const body = (batch) => Array.from({ length: SIZE }, (_, n) => JSON.stringify({
        id: `k-${batch}-${n}`, kind: "order", at: (Date.now() - 3_600_000) * 1000 + n, merchant: "m", product: `p${n % 50}`, quantity: 1, amount_minor: 100,
      })).join("\n");
      let acknowledged = 0;
      let sent = 0;
      const bodies = [];
      const load = (async () => {
        for (let batch = 0; batch < 2_000; batch += 1) {
          bodies.push(body(batch));
          sent += 1;
          const answer = await fetch(`${here}/v1/signals`, { method: "POST", headers, body: bodies.at(-1) }).catch(() => undefined);
          if (!answer) return;
          assert.equal(answer.status, 200, await answer.text());
          await answer.json().catch(() => undefined);
          acknowledged += SIZE;
          await pause(40);
        }
      })();
      await pause(2_500);
      server.kill("SIGKILL");
      await Promise.all([server.ended, load]);
      assert.ok(acknowledged > 0 && sent < 2_000, `killed in between: ${acknowledged}`);
      const again = await start();
      // What was on its way is sent again, as a shop would: what arrived is a duplicate, what did not is new.
      const account2 = await (await fetch(`${here}/account`, { headers: { cookie } })).text();
      const answer = await fetch(`${here}/v1/signals`, { method: "POST", headers: { ...headers, "x-csrf-token": mark(account2) }, body: bodies.at(-1) });
      const receipt = await answer.json();
      assert.equal(receipt.accepted + receipt.duplicates, SIZE, JSON.stringify(receipt));
      const counted = await fetch(`${here}/v1/history/query`, {
        method: "POST", headers: { cookie, "x-csrf-token": mark(account2), "content-type": "application/json" },
        body: JSON.stringify({ sql: "SELECT count(*) AS n, count(DISTINCT id) AS ids FROM signals" }),
      });
      const rows = JSON.stringify(await counted.json());
      assert.ok(rows.includes(String(sent * SIZE)), `${sent * SIZE} were handed in, the history says ${rows}`);
      again.server.kill("SIGTERM");
      await again.server.ended;
    } finally {
      server.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
