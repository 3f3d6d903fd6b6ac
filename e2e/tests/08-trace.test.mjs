// The life of a lot, from the merchant's desk to a stranger's phone, and back off the shelf. The steps follow each other:
// where one fails, those after it have nothing to stand on and say so.
import { after, before, describe, test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { accessible, clean, close, eventually, fresh, shot, signedIn, touchstone, touchstoneFails, url } from "../browser.mjs";

const work = mkdtempSync(join(tmpdir(), "touchstone-trace-"));
const LOT = `WALK-${Date.now().toString(36)}`;
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

const text = (page, selector = "main, body") => page.locator(selector).first().innerText();
const send = (page) => page.locator("main form button[type=submit]").last();

/** The files of an archive, by name. */
function unpacked(archive) {
  const files = {};
  let at = archive.readUInt32LE(archive.length - 6);
  while (archive.readUInt32LE(at) === 0x02014b50) {
    const [method, packed, names, extra, note] = [10, 20, 28, 30, 32].map((place) => (place === 20 ? archive.readUInt32LE(at + 20) : archive.readUInt16LE(at + place)));
    const begin = archive.readUInt32LE(at + 42);
    const name = archive.subarray(at + 46, at + 46 + names).toString();
    const from = begin + 30 + archive.readUInt16LE(begin + 26) + archive.readUInt16LE(begin + 28);
    const body = archive.subarray(from, from + packed);
    files[name] = method === 0 ? body : inflateRawSync(body);
    at += 46 + names + extra + note;
  }
  return files;
}

/** A phone that opens the code, without scripts. */
async function phone(options = {}) {
  return fresh({ width: 390, height: 844, script: false, ...options });
}

/** Opens a code until the page says what is waited for. */
function scanned(page, what, pattern, seconds = 60) {
  return eventually(what, async () => {
    await page.goto(story.code);
    return pattern.test(await text(page, "body"));
  }, seconds);
}

describe("the life of a lot", { concurrency: false }, () => {
  before(async () => {
    story.merchant = await signedIn("merchant01");
    const read = async (path) => (await story.merchant.request.get(url + path)).json();
    const goods = await eventually("goods of the merchant on sale", async () => (await read("/v1/listings")).rows.find((row) => row.state === "on_sale"));
    story.gtin = (await read(`/v1/listings/${goods.id}`)).versions[0].content.gtin.padStart(14, "0");
  });
  after(async () => {
    await close();
    rmSync(work, { recursive: true, force: true });
  });

  step("a merchant enters a lot with its certificate", async () => {
    const page = story.merchant;
    await page.goto(`${url}/merchant/lots/new`);
    await page.fill("[name=gtin]", story.gtin);
    await page.fill("[name=number]", LOT);
    await page.fill("[name=produced_on]", "2026-10-01");
    await page.fill("[name=expires_on]", "2027-10-01");
    await page.fill("[name=origin]", "浙江省杭州市");
    await send(page).click();
    await page.waitForURL(/\/merchant\/lots\/[0-9a-f-]{36}/);
    story.lot = new URL(page.url()).pathname.split("/").at(-1);
    const form = page.locator("form[action$='/documents']");
    await form.locator("[name=kind]").selectOption("inspection");
    await form.locator("[name=document_number]").fill("HG-2026-1001");
    await form.locator("[name=issuer]").fill("杭州市质量检测院");
    await form.locator("[name=public]").check();
    await form.locator("[name=file]").setInputFiles({ name: "合格证.pdf", mimeType: "application/pdf", buffer: Buffer.from("%PDF-1.4 a certificate\n%%EOF") });
    await form.locator("button[type=submit]").click();
    await page.waitForLoadState();
    assert.match(await text(page), /HG-2026-1001/);
    clean(page, "the lot");
  });

  step("mints ten thousand codes and prints a sheet", async () => {
    const page = story.merchant;
    await page.goto(`${url}/merchant/lots/${story.lot}`);
    const form = page.locator("form[action$='/mint']");
    await form.locator("[name=count]").fill("10000");
    await form.locator("button[type=submit]").click();
    await page.waitForURL(/\/merchant\/codes\/[0-9a-f-]{36}/);
    const batch = new URL(page.url()).pathname.split("/").at(-1);
    assert.match(await text(page), /10,000/);
    await shot(page, "trace-batch-zh");
    const file = await (await page.request.get(`${url}/v1/codes/${batch}/file`)).text();
    story.codes = file.trim().split("\n").slice(1).map((line) => line.split(",")[2].trim());
    assert.equal(story.codes.length, 10000);
    assert.equal(new Set(story.codes).size, 10000, "every code is another");
    const here = (code) => url + new URL(code).pathname;
    story.codes = story.codes.map(here);
    story.code = story.codes[0];
    const sheet = await page.request.get(`${url}/v1/codes/${batch}/labels?symbol=qr&layout=a4-3x8&format=pdf&count=48`);
    assert.equal(sheet.status(), 200, await sheet.text().catch(() => ""));
    assert.equal((await sheet.body()).subarray(0, 5).toString(), "%PDF-");
  });

  step("a phone scans one and sees that it is genuine, in both languages", async () => {
    story.phone = await phone();
    await story.phone.goto(story.code);
    assert.match(await text(story.phone, "body"), /正品/);
    assert.match(await text(story.phone, "body"), new RegExp(LOT));
    assert.match(await text(story.phone, "body"), /HG-2026-1001/);
    clean(story.phone, "the page of a code");
    const english = await phone({ lang: "en" });
    await english.goto(story.code);
    assert.match(await text(english, "body"), /Genuine/i);
    const looked = await fresh({ width: 390, height: 844 });
    await looked.goto(story.code);
    await accessible(looked, "the page of a code");
    await shot(looked, "scan-genuine-zh");
  });

  step("shipping by form and receiving by table and by document become a journey", async () => {
    const page = story.merchant;
    const codes = story.codes.slice(0, 3).join("\n");
    await page.goto(`${url}/merchant/events/new`);
    await page.locator("[name=step]").selectOption({ label: "发货" });
    await page.fill("[name=codes]", codes);
    await send(page).click();
    await page.waitForLoadState();
    const template = await (await page.request.get(`${url}/merchant/events/template.csv`)).text();
    assert.match(template, /步骤|step/i, "the template names its columns");
    const now = new Date().toISOString();
    const document = {
      "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"], type: "EPCISDocument", schemaVersion: "2.0", creationDate: now,
      epcisBody: { eventList: [{
        type: "ObjectEvent", eventTime: now, eventTimeZoneOffset: "+08:00", action: "OBSERVE", bizStep: "receiving",
        epcList: story.codes.slice(0, 3).map((code) => `https://id.gs1.org${new URL(code).pathname.replace(/\/10\/[^/]+/, "")}`),
        readPoint: { id: "geo:31.23,121.47" },
      }] },
    };
    await page.goto(`${url}/merchant/events/table`);
    const upload = page.locator("form[action='/merchant/events/upload']");
    await upload.locator("[name=file]").setInputFiles({ name: "events.jsonld", mimeType: "application/ld+json", buffer: Buffer.from(JSON.stringify(document)) });
    await upload.locator("button[type=submit]").click();
    await page.waitForLoadState();
    await scanned(story.phone, "the journey", /发货[\s\S]*收货/);
    clean(page, "the movements");
  });

  step("a laboratory signs a report and it stands on the page", async () => {
    const page = await signedIn("laboratory");
    await page.goto(`${url}/laboratory/reports/new`);
    for (const [name, value] of [["gtin", story.gtin], ["lot_number", LOT], ["number", `HD-${LOT}`], ["title", "批次检测报告"], ["standard", "GB 2762-2022"], ["tested_on", "2026-10-20"]]) {
      await page.fill(`[name=${name}]`, value);
    }
    for (const [name, value] of [["item_name", "铅"], ["item_limit", "≤ 0.2"], ["item_value", "0.03"], ["item_unit", "mg/kg"], ["item_method", "GB 5009.12"]]) {
      await page.locator(`[name=${name}]`).first().fill(value);
    }
    await page.locator("[name=result][value=pass]").check();
    await send(page).click();
    await page.waitForURL(/\/laboratory\/reports\/[0-9a-f-]{36}/);
    await page.locator("form[action$='/sign'] button[type=submit]").click();
    await page.waitForLoadState();
    await scanned(story.phone, "the signed report", /批次检测报告[\s\S]*签名有效/);
    clean(page, "the laboratory's portal");
  });

  step("two far places warn on the page and in the console", async () => {
    const scan = async (device, latitude, longitude) => {
      const answer = await story.phone.request.post(`${url}/v1/scans`, { data: { code: story.codes[1], device, latitude, longitude, country: "CN" } });
      assert.ok(answer.ok(), await answer.text());
    };
    await scan("a phone in Harbin", 45.8, 126.5);
    await scan("a phone in Kunming", 25.0, 102.7);
    const page = await signedIn("manager");
    await eventually("a warning in the console", async () => {
      await page.goto(`${url}/console/scans`);
      return (await text(page)).includes(new URL(story.codes[1]).pathname.split("/").at(-1).slice(0, 8));
    });
    await shot(page, "scan-warnings-zh");
    await eventually("a warning on the page", async () => {
      await story.phone.goto(story.codes[1]);
      return !/没有发现问题|目前没有/.test((await text(story.phone, "body")).split("\n").slice(0, 12).join(" "));
    });
    clean(page, "the warnings");
  });

  step("a recall takes the lot back: reach first, then every page says so", async () => {
    const page = await signedIn("manager");
    await page.goto(`${url}/console/recalls/new`);
    await page.locator("[name=origin]").selectOption("lot");
    await page.fill("[name=origin_ref]", story.lot);
    await page.fill("[name=reason_zh]", "铅含量可能超标");
    await page.fill("[name=reason_en]", "May hold too much lead");
    await page.fill("[name=advice_zh]", "请停止食用并联系商家退款");
    await page.fill("[name=advice_en]", "Stop eating it and ask the shop for your money");
    await send(page).click();
    await page.waitForURL(/\/console\/recalls\/[0-9a-f-]{36}/);
    await page.locator("form[action$='/preview'] button[type=submit]").first().click();
    await page.waitForLoadState();
    assert.match(await text(page), new RegExp(LOT), "the reach names the lot before anything is stopped");
    await story.phone.goto(story.code);
    assert.doesNotMatch(await text(story.phone, "body"), /铅含量可能超标/, "nothing is told before the start");
    await page.locator("summary", { hasText: /启动召回|召回/ }).first().click();
    await page.locator("form[action$='/start'] button[type=submit]").click();
    await page.waitForLoadState();
    await scanned(story.phone, "the recall on the page", /铅含量可能超标/);
    await shot(story.phone, "scan-recalled-zh");
    await page.goto(`${page.url().split("?")[0]}/report`);
    assert.match(await text(page), new RegExp(LOT));
    clean(page, "the recall");
  });

  step("the journey's proof holds offline with the witness's cosignature, and a flipped byte does not", async () => {
    const witness = process.env.TOUCHSTONE_WITNESS_KEY;
    assert.ok(witness, "the server of this walk has a witness");
    const files = await eventually("every act in a tree that the witness signed", async () => {
      const got = await story.phone.request.get(`${url}/s/proof?code=${encodeURIComponent(new URL(story.code).pathname)}`);
      if (!got.ok()) return undefined;
      const found = unpacked(await got.body());
      const cosigned = (name) => found[name].toString().includes(`\u2014 ${witness.split("+")[0]} `);
      return Object.keys(found).filter((name) => name.endsWith(".tlog-proof")).every(cosigned) ? found : undefined;
    });
    for (const [name, body] of Object.entries(files)) writeFileSync(join(work, name.replaceAll("/", "_")), body);
    const proofs = readdirSync(work).filter((name) => name.endsWith(".tlog-proof"));
    assert.ok(proofs.length >= 4, `lot, paper, codes and journey are proved: ${Object.keys(files)}`);
    const key = files["verifier.key"].toString().trim();
    for (const name of proofs) {
      const said = touchstone("ledger", "verify", join(work, name), "--key", key, "--witness", witness);
      assert.match(said, /^witness  \S+ at 20/m, "the witness's signature is told with its time");
    }
    const stranger = `${witness.slice(0, -6)}AAAAAA`;
    assert.notEqual(touchstoneFails("ledger", "verify", join(work, proofs[0]), "--key", key, "--witness", stranger).code, 0);
    const bent = Buffer.from(files[Object.keys(files).find((name) => name.endsWith(".tlog-proof"))]);
    const at = bent.length - 40;
    bent[at] = bent[at] === 65 ? 66 : 65;
    writeFileSync(join(work, "bent.tlog-proof"), bent);
    assert.notEqual(touchstoneFails("ledger", "verify", join(work, "bent.tlog-proof"), "--key", key, "--witness", witness).code, 0);
  });

  step("a forged code is told apart", async () => {
    const forged = story.code.replace(/.$/, (last) => (last === "7" ? "8" : "7"));
    const answer = await story.phone.goto(forged);
    assert.equal(answer.status(), 404);
    assert.doesNotMatch((await text(story.phone, "body")).slice(0, 60), /^正品/m);
    await shot(story.phone, "scan-forged-zh");
  });
});
