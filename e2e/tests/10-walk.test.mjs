// One story through the demonstration, from the reviewer's desk to a log checked offline. The steps follow each other:
// where one fails, those after it have nothing to stand on and say so.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  clean, close, data, eventually, fresh, shot, signedIn, touchstone, touchstoneFails, url,
} from "../browser.mjs";

const work = mkdtempSync(join(tmpdir(), "touchstone-walk-"));
/** What a step hands on to later ones. */
const story = {};
let broken;

/** A step of the story. */
function step(name, tell, seconds = 120) {
  test(name, { timeout: seconds * 1000 }, async () => {
    assert.equal(broken, undefined, `not reached: "${broken}" failed`);
    broken = name;
    await tell();
    broken = undefined;
  });
}

const leave = (page) => page.context().close();
const id = (page) => new URL(page.url()).pathname.split("/").at(-1);
const text = (page, selector = "main") => page.locator(selector).first().innerText();

/** Reloads until the page shows what is waited for. */
function shows(page, what, selector, pattern, seconds = 60) {
  return eventually(what, async () => {
    const seen = await page.locator(selector).allInnerTexts();
    if (seen.some((one) => pattern.test(one))) return true;
    await page.reload();
    return false;
  }, seconds);
}

/** A picture nobody has seen: drawn here, as PNG. */
async function drawing(page, seed) {
  const encoded = await page.evaluate((start) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const brush = canvas.getContext("2d");
    let state = start;
    const next = (most) => { state = (state * 48271) % 2147483647; return state % most; };
    brush.fillStyle = "#dfe8d8";
    brush.fillRect(0, 0, 640, 480);
    for (let n = 0; n < 60; n += 1) {
      brush.fillStyle = `hsl(${next(360)} 60% ${25 + next(50)}%)`;
      brush.beginPath();
      brush.ellipse(next(640), next(480), 10 + next(120), 10 + next(90), next(3), 0, 7);
      brush.fill();
    }
    return canvas.toDataURL("image/png").split(",")[1];
  }, seed);
  return { name: "picture.png", mimeType: "image/png", buffer: Buffer.from(encoded, "base64") };
}

/** Decides the claimed item that is open, by keys alone, and answers what was decided. */
async function decideByKeys(page, note) {
  const before = page.url();
  const title = await text(page, "main h1");
  const found = await page.locator(".ts-reason-finding kbd").allInnerTexts();
  const keys = found.filter((key) => /^[1-9]$/.test(key));
  const verdict = keys.length > 0 ? "rejected" : "approved";
  await page.keyboard.press(verdict === "rejected" ? "r" : "a");
  if (verdict === "approved") keys.push(await page.locator(".ts-reason-approve kbd").first().innerText());
  for (const key of keys) await page.keyboard.press(key);
  await page.keyboard.press("n");
  await page.keyboard.type(note);
  await page.keyboard.press("Escape");
  await page.waitForFunction((words) => document.querySelector("#letter").innerText.includes(words), note);
  story.letterShot ??= shot(page, "walk-review-item-zh");
  await story.letterShot;
  await page.keyboard.press("Enter");
  await page.waitForURL((there) => there.href !== before);
  return { title, verdict };
}

describe("a walk through the marketplace", { concurrency: 1 }, () => {
  before(async () => {
    const page = await signedIn("manager");
    for (const state of ["submitted", "screening"]) {
      await eventually(`no listing is ${state}`, async () => {
        const answer = await page.request.get(`${url}/console/listings.ndjson?state=${state}`);
        return answer.ok() && (await answer.text()) === "";
      }, 200);
    }
    await leave(page);
  });
  after(async () => {
    await close();
    rmSync(work, { recursive: true });
  });

  step("a reviewer decides five items by keyboard alone", async () => {
    const page = await signedIn("reviewer");
    page.mouse = undefined;
    await page.goto(`${url}/console/review`);
    // The first is looked for: a charger whose title claims what nobody may claim.
    await page.keyboard.press("/");
    await page.keyboard.type("全网销量第一 国家级品质 讯捷");
    await page.keyboard.press("Enter");
    await page.waitForURL(/[?&]q=/);
    await eventually("the focus is on the item", async () => {
      await page.keyboard.press("Tab");
      return page.evaluate(() => /^\/console\/review\/[0-9a-f-]{36}$/.test(document.activeElement.getAttribute("href") ?? ""));
    });
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/console\/review\/[0-9a-f-]{36}$/);
    await page.keyboard.press("c");
    await page.locator("#field-verdict").waitFor();
    const decided = [await decideByKeys(page, "请按依据修改后重新提交")];
    // The next ones come by themselves, the most urgent first.
    while (decided.length < 5) {
      await page.locator("#field-verdict").waitFor();
      decided.push(await decideByKeys(page, `第 ${decided.length + 1} 件：请核对`));
    }
    assert.match(decided[0].title, /讯捷/);
    assert.equal(decided[0].verdict, "rejected");
    assert.equal(new Set(decided.map((one) => one.title)).size, 5, "five different items");
    clean(page, "the review screen");
    await leave(page);
  });

  step("the merchant reads why, mends it, hands it in, and it goes on sale", async () => {
    const page = await signedIn("merchant04");
    await page.goto(`${url}/merchant/listings?state=rejected`);
    await page.locator("main table tbody tr a", { hasText: "讯捷" }).click();
    const why = await text(page);
    assert.match(why, /全网销量第一/);
    assert.match(why, /广告法/, "the article it breaks is named");
    assert.match(why, /请按依据修改后重新提交/, "what the reviewer wrote is there");
    await shot(page, "walk-merchant-listing-rejected-zh");
    story.mended = id(page);
    await page.locator("a[href$='/edit']").first().click();
    const title = (await page.inputValue("[name=title]")).replace("全网销量第一 国家级品质 ", "");
    // While it is typed, the findings go away.
    await page.fill("[name=title]", title);
    await page.waitForFunction(() => !document.querySelector("#listing-check").innerText.includes("全网销量第一"));
    await page.click("button[name=action][value=submit]");
    await page.waitForURL(new RegExp(`/merchant/listings/${story.mended}$`));
    await shows(page, "the mended listing on sale", "main h1 ~ *, main .ts-alert-title, main .ts-status", /^在售$/);
    clean(page, "the merchant's pages");
    await leave(page);
  });

  step("its picture and price change afterwards, and it is screened again", async () => {
    const page = await signedIn("merchant04");
    await page.goto(`${url}/merchant/listings/${story.mended}/edit`);
    const price = Number(await page.inputValue("[name=price]"));
    await page.fill("[name=price]", (price * 1.05).toFixed(2));
    await page.locator("[name=image_removed]").first().check();
    await page.setInputFiles("[name=pictures]", await drawing(page, 20261123));
    await page.click("button[name=action][value=submit]");
    await page.waitForURL(new RegExp(`/merchant/listings/${story.mended}$`));
    // What was approved stays on sale while a person looks at the exchanged picture.
    const versions = "main table tbody tr";
    await shows(page, "the third version with a person", versions, /^\s*3\s+人工审核中/);
    assert.match((await page.locator(versions).allInnerTexts()).join("\n"), /2\s+已通过\s+在售/);
    await shot(page, "walk-merchant-listing-changed-zh");

    const reviewer = await signedIn("reviewer2");
    const title = (await text(page, "main h1")).trim();
    await reviewer.goto(`${url}/console/review?q=${encodeURIComponent(title)}`);
    await reviewer.locator("main table tbody tr a[href^='/console/review/']").first().click();
    await reviewer.locator("form[action$='/claim'] button").click();
    await reviewer.locator("#field-verdict").waitFor();
    const here = reviewer.url();
    await reviewer.keyboard.press("a");
    await reviewer.keyboard.press(await reviewer.locator(".ts-reason-approve kbd").first().innerText());
    await reviewer.keyboard.press("Enter");
    await reviewer.waitForURL((there) => there.href !== here);
    await leave(reviewer);
    await shows(page, "the third version on sale", versions, /^\s*3\s+已通过\s+在售/);
    await leave(page);
  });

  step("a licence runs out, the goods leave the shelf; renewed and confirmed, they come back", async () => {
    const page = await signedIn("merchant37");
    const onSale = async (at) => {
      await at.goto(`${url}/merchant/listings?state=on_sale`);
      return at.locator("main table tbody tr a").allInnerTexts();
    };
    const before = await onSale(page);
    assert.ok(before.length > 0, "the food shop has goods on sale");
    // What an alert took off the shelf before stays off.
    await page.goto(`${url}/merchant/listings?state=suspended`);
    const held = await page.locator("main table tbody tr a").count();
    await leave(page);

    assert.match(touchstone("demonstration", "clock", "--advance", "400d", "--data", data), /now 4\d\d days/);
    const later = await eventually("the new day", async () => {
      const there = await signedIn("merchant37");
      await there.goto(`${url}/merchant`);
      if (/食品经营许可证.*过期|过期.*食品经营许可证/.test(await text(there))) return there;
      await leave(there);
      return undefined;
    });
    await eventually("an empty shelf", async () => (await onSale(later)).length === 0);
    await later.goto(`${url}/merchant/listings?state=suspended`);
    assert.equal(await later.locator("main table tbody tr a").count(), before.length + held, "all of it waits for the licence");

    await later.goto(`${url}/merchant`);
    await shot(later, "walk-merchant-licence-expired-zh");
    await later.locator("a[href*='/merchant/qualifications/new?kind=food-trading-licence']").first().click();
    const now = await later.request.get(`${url}/merchant`).then((answer) => new Date(answer.headers().date));
    const year = now.getFullYear() + (now.getTime() > Date.now() + 86_400_000 ? 0 : 1);
    await later.fill("[name=valid_from]", `${year}-01-01`);
    await later.fill("[name=valid_until]", `${year + 4}-12-31`);
    await later.setInputFiles("[name=file]", {
      name: "许可证.png", mimeType: "image/png", buffer: (await drawing(later, 37)).buffer,
    });
    await later.locator("main form button[type=submit]").first().click();
    await later.waitForURL(/\/merchant\/qualifications$/);

    const reviewer = await signedIn("reviewer");
    await reviewer.goto(`${url}/console/merchants?q=${encodeURIComponent("武汉启程食品")}`);
    await reviewer.locator("main table tbody tr a").first().click();
    await shot(reviewer, "walk-merchant-file-zh");
    await reviewer.locator("form[action^='/console/qualifications/'] button", { hasText: /确认/ }).first().click();
    await reviewer.waitForLoadState();
    await leave(reviewer);

    await eventually("the goods are back", async () => (await onSale(later)).length === before.length);
    await leave(later);
  }, 180);

  step("goods refused before are caught under another merchant", async () => {
    const manager = await signedIn("manager");
    await manager.goto(`${url}/console/listings?state=rejected&q=${encodeURIComponent("银匠铺")}`);
    await manager.locator("main table tbody tr a[href^='/console/listings/']").first().click();
    const title = await text(manager, "main h1");
    const address = await manager.locator("img[src^='/pictures/listings/']").first().getAttribute("src");
    const picture = await (await manager.request.get(url + address)).body();
    const type = picture.subarray(0, 4).toString("latin1").includes("PNG") ? "png" : "jpeg";

    const page = await signedIn("merchant10");
    await page.goto(`${url}/merchant/listings/new`);
    await page.fill("[name=external_id]", "again-1");
    await page.fill("[name=title]", title);
    await page.fill("[name=description]", "素圈手镯，简洁百搭。");
    await page.selectOption("[name=category]", "jewelry/silver");
    await page.fill("[name=brand]", "银匠铺");
    await page.fill("[name=price]", "399.00");
    await page.setInputFiles("[name=pictures]", { name: `copy.${type}`, mimeType: `image/${type}`, buffer: picture });
    await page.click("button[name=action][value=submit]");
    await page.waitForURL(/\/merchant\/listings\/[0-9a-f-]{36}$/);
    story.copy = id(page);
    await shows(page, "the copy refused", "main .ts-alert-title", /^未通过$/);
    assert.match(await text(page), /曾被拒绝|被拒绝或下架/);
    await shot(page, "walk-merchant-listing-caught-zh");
    await leave(page);
    await leave(manager);
  });

  step("a manager changes a rule, tries it in the shadow, reads the cost, switches it on and sees what it hits", async () => {
    const page = await signedIn("manager");
    await page.goto(`${url}/console/policies/cn/tables/claims?q=cn-claims-absolute-statutory`);
    await page.locator("main table tbody tr a").first().click();
    const rule = await page.inputValue("#field-text");
    await page.fill("#field-text", rule.replace('["国家级"', '["经典款", "家庭装", "国家级"'));
    await page.locator("form[action$='/text'] [name=note]").fill("试一试：把“家庭装”当作绝对化用语");
    await page.locator("form[action$='/text'] button[type=submit]").click();
    await page.waitForURL(/\/console\/policy-versions\//);
    story.version = page.url();
    await page.locator("form[action$='/trial'] button[type=submit]").click();
    await page.waitForURL(/\/console\/policy-trials\//);
    await eventually("the trial has ended", async () => /已完成/.test(await text(page, "#trial-progress")), 100);
    await page.reload();
    const hits = page.locator("main table a[href^='/console/listings/']");
    assert.ok((await hits.count()) > 0, "the trial names the listings it would hit");
    await shot(page, "walk-policies-trial-zh");
    await page.goto(story.version);
    assert.match(await text(page), /人工审核|人审/);
    await page.locator("form[action$='/activate'] [name=note]").fill("影子结果可以接受");
    await page.locator("form[action$='/activate'] button[type=submit]").click();
    await page.waitForURL(/\/affected$/);
    await eventually("every listing is judged anew", async () => {
      await page.reload();
      return page.locator("#rescreen .ts-good").count();
    }, 100);
    const affected = page.locator("main table a[href^='/console/listings/']");
    await eventually("the affected listings", async () => { await page.reload(); return affected.count(); });
    story.affected = await affected.first().getAttribute("href");
    await shot(page, "walk-policies-affected-done-zh");
    clean(page, "the policies");
    await leave(page);
  }, 240);

  step("the act behind a decision is opened and its proof downloaded", async () => {
    const page = await signedIn("auditor");
    await page.goto(url + story.affected);
    await page.locator("main a[href^='/proofs/'], main a[href^='/console/ledger/']").first().click();
    await eventually("the act is in the log", async () => {
      if (await page.locator("a[href$='/proof']").count()) return true;
      await page.reload();
      return false;
    });
    await shot(page, "walk-act-zh");
    story.key = (await text(page, "main code:text-matches('^touchstone ledger verify')")).match(/--key (\S+)/)[1];
    const [download] = await Promise.all([page.waitForEvent("download"), page.locator("a[href$='/proof']").first().click()]);
    story.proof = join(work, download.suggestedFilename());
    await download.saveAs(story.proof);
    // The public page says the same to anybody.
    const visitor = await fresh();
    await visitor.goto(`${url}/verify`);
    await visitor.setInputFiles("[name=file]", story.proof);
    await visitor.locator("main form button[type=submit]").click();
    assert.ok(await visitor.locator(".pub-verdict.ts-good").count(), "the public page finds that it holds");
    await shot(visitor, "walk-verify-holds-zh");
    await leave(visitor);
    await leave(page);
  });

  step("with the server stopped, the proof is checked offline", async () => {
    await close();
    const pid = Number(process.env.TOUCHSTONE_SERVER_PID);
    process.kill(pid, "SIGTERM");
    await eventually("the server has stopped", async () => {
      try {
        return !(await fetch(`${url}/health/live`));
      } catch {
        return true;
      }
    }, 30);
    assert.match(touchstone("ledger", "verify", story.proof, "--key", story.key), /VERIFIED/);
    const forged = join(work, "forged.tlog-proof");
    const bytes = readFileSync(story.proof);
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    writeFileSync(forged, bytes);
    assert.match(touchstoneFails("ledger", "verify", forged, "--key", story.key).said, /REFUSED/);
  });

  step("one byte of the exported log is flipped, and the checker names the file", async () => {
    const out = join(work, "export");
    touchstone("ledger", "export", "--out", out, "--data", data);
    assert.match(touchstone("ledger", "audit", "--folder", out), /CONSISTENT/);
    const tile = readdirSync(out, { recursive: true }).map(String).find((file) => /tile\/entries\//.test(file) && /\d$/.test(file));
    assert.ok(tile, "the export has tiles");
    const bytes = readFileSync(join(out, tile));
    bytes[Math.floor(bytes.length / 2)] ^= 1;
    writeFileSync(join(out, tile), bytes);
    const { code, said } = touchstoneFails("ledger", "audit", "--folder", out);
    assert.equal(code, 1);
    assert.ok(said.includes(tile), `the checker names ${tile}: ${said}`);
  });
});
