// Every page a person can reach by links, in both languages: it answers, says nothing wrong, shows no raw texts, stays on
// the host, is accessible, and is photographed. Then what public pages promise: small, narrow, without scripts.
import { after, describe, test } from "node:test";
import assert from "node:assert/strict";
import { accessible, clean, close, eventually, fresh, shot, signedIn, url } from "../browser.mjs";
import { hasHan, isChineseText, rawMessages } from "../words.mjs";

after(close);

/** Where each walks from, and which kinds of page must be found on the way. The first to reach a kind photographs it. */
const walks = [
  {
    login: "manager",
    from: ["/console", "/account", "/search?q=%E5%9D%9A%E6%9E%9C", "/console/demonstration"],
    must: [
      "/console", "/console/merchants", "/console/merchants/verification", "/console/merchants/blacklist", "/console/merchants/_",
      "/console/listings", "/console/listings/_", "/console/listings/banks", "/console/listings/banks/brands",
      "/console/listings/banks/recalls", "/console/listings/imports", "/console/review", "/console/review/_", "/console/review/measures",
      "/console/review/onsite", "/console/review/onsite/new", "/console/review/golden", "/console/review/golden/new",
      "/console/review/disagreements", "/console/review/people", "/console/policies", "/console/policies/_", "/console/policies/_/history",
      "/console/policies/_/tables/_", "/console/policies/_/tables/_/new", "/console/policies/_/rows/_", "/console/policies/_/file",
      "/console/policy-versions/_", "/console/trace", "/console/trace/lots/_", "/console/trace/codes", "/console/trace/codes/_", "/console/trace/keys",
      "/console/events", "/console/events/captures", "/console/scans", "/console/scans/all", "/console/scans/reports", "/console/reports",
      "/console/reports/_", "/console/laboratories", "/console/laboratories/_", "/console/recalls", "/console/recalls/new",
      "/console/ledger/outside", "/console/ledger", "/console/ledger/_", "/account", "/account/second-factor", "/search",
    ],
  },
  {
    login: "admin",
    from: ["/console"],
    must: ["/console/accounts", "/console/accounts/_", "/console/accounts/audit", "/console/accounts/new", "/console/webhooks", "/console/ledger/erase"],
  },
  { login: "reviewer", from: ["/console"], must: [] },
  { login: "enforcement", from: ["/console"], must: [] },
  { login: "auditor", from: ["/console"], must: [] },
  { login: "laboratory", from: ["/laboratory"], must: ["/laboratory", "/laboratory/reports/_", "/laboratory/reports/new", "/laboratory/profile", "/laboratory/receive"] },
  {
    login: "merchant01",
    from: ["/merchant"],
    must: ["/merchant/lots", "/merchant/lots/_", "/merchant/lots/new", "/merchant/codes", "/merchant/codes/_", "/merchant/events", "/merchant/events/new", "/merchant/events/table", "/merchant/recalls"],
  },
  {
    login: "merchant04",
    from: ["/merchant"],
    must: [
      "/merchant", "/merchant/enrol/company", "/merchant/enrol/categories", "/merchant/enrol/qualifications", "/merchant/enrol/contacts",
      "/merchant/enrol/review", "/merchant/qualifications", "/merchant/qualifications/new", "/merchant/brands/new", "/merchant/listings",
      "/merchant/listings/_", "/merchant/listings/_/edit", "/merchant/listings/new", "/merchant/imports", "/merchant/acts", "/merchant/acts/_",
    ],
  },
];

/** Pages that README shows have names of their own. */
const names = { "/console": "desk", "/console/policies/_": "policies" };
const nameOf = (kind) => names[kind] ?? (kind.replaceAll("/_", "/one").replace(/^\/(console\/)?/, "").replaceAll("/", "-") || "front");
const dark = new Set(["/console", "/console/review", "/console/listings/_", "/console/ledger/_", "/merchant", "/merchant/listings/new"]);

/** The kind of page an address leads to: what stands for one of many is `_`. */
function kindOf(path) {
  return path
    .replace(/^(\/console\/policies)\/[^/]+(\/(?:tables|rows))\/[^/]+/, "$1/_$2/_")
    .replace(/^(\/console\/policies)\/[^/]+/, "$1/_")
    .replace(/\/[0-9a-f]{8}-[0-9a-f-]{27}(?=\/|$)/g, "/_")
    .replace(/\/[0-9a-f]{64}(?=\/|$)/g, "/_");
}

/** What is fetched instead of looked at. */
const isFile = (path) => /\.(csv|ndjson|json|key)$|\/proof$|\/opening$|^\/(pictures|documents|ledger|assets|docs\/api)(\/|$)|\/photos\/|\/files\/|^\/(v1|s\/proof|did|\.well-known)\/?|\/receipt$/.test(path);

const kindOfAct = /(^|[\s·])(user|merchant|listing|qualification|brand|policy|review|bank|ledger|import|person)\.[a-z]+(_[a-z]+)*($|[\s·])/;
const isPage = (there) => there.origin === url && !there.searchParams.has("lang") && there.pathname !== "/";
const linksIn = (html) => [...html.matchAll(/(?:href|data-href)="([^"#][^"]*)"/g)]
  .map(([, href]) => new URL(href.replaceAll("&amp;", "&"), url))
  .filter(isPage)
  .map((there) => there.pathname + there.search);

/** What is wrong with the words of the page that is open. */
async function wrongWords(page, lang) {
  const found = await page.evaluate(() => {
    const own = (element) => {
      const copy = element.cloneNode(true);
      copy.querySelectorAll("q, code, kbd, mark, pre, [lang], .ts-muted, script, style, svg, option").forEach((inner) => inner.remove());
      return copy.textContent.replaceAll(/[\u2068\u2069]/g, "").trim();
    };
    const texts = (selector) => [...document.querySelectorAll(selector)].filter((element) => !element.closest("[lang]:not(html)")).map(own);
    return {
      all: document.body.innerText,
      title: document.title,
      chrome: texts("button, th, .ts-nav a, legend"),
      words: texts("h1, h2, h3, h4, label, summary, dt, .btn, p, li, td, dd, strong, span, option"),
      lang: document.documentElement.lang,
    };
  });
  const wrong = rawMessages(`${found.title}\n${found.all}`).map((id) => `raw message ${id}`);
  wrong.push(...found.words.filter((text) => kindOfAct.test(text)).map((text) => `raw kind of act ${text.slice(0, 60)}`));
  if (found.lang !== lang) wrong.push(`the page says it is in ${found.lang}`);
  if (lang === "en") {
    wrong.push(...found.chrome.filter(hasHan).map((text) => `Chinese in the page's own words: ${text.slice(0, 60)}`));
    wrong.push(...found.words.filter(isChineseText).map((text) => `Chinese text of the catalog: ${text.slice(0, 60)}`));
  }
  return [...new Set(wrong)];
}

const visited = new Map();
const problems = [];

/** Looks at one page: collects what is wrong, so that one run tells everything. */
async function look(page, path, kind, lang) {
  const response = await page.goto(url + path);
  if (response.status() !== 200) {
    problems.push(`${path} (${lang}): status ${response.status()}`);
    return false;
  }
  for (const text of await wrongWords(page, lang)) problems.push(`${path} (${lang}): ${text}`);
  problems.push(...page.faults.splice(0).map((fault) => `${path} (${lang}): ${fault}`));
  await shot(page, `${nameOf(kind)}-${lang === "en" ? "en" : "zh"}`);
  await accessible(page, `${path} (${lang})`).catch((error) => problems.push(`${path}: ${error.message}`));
  return true;
}

async function lookDark(page, path) {
  await page.emulateMedia({ colorScheme: "dark" });
  await page.reload(); // colours that fade over would be measured on their way
  await accessible(page, `${path} in the dark`).catch((error) => problems.push(`${path} dark: ${error.message}`));
  await page.emulateMedia({ colorScheme: "light" });
}

/** Walks from page to page, each kind of page once in the whole test; what was seen already is only asked for. */
async function walk({ login, from, must }) {
  const page = await signedIn(login);
  const english = await signedIn(login, { lang: "en" });
  const queue = [...from];
  const here = new Set();
  while (queue.length > 0) {
    const path = queue.shift();
    const pathname = path.split(/[?#]/)[0];
    const kind = kindOf(pathname);
    if (here.has(kind)) continue;
    here.add(kind);
    if (isFile(pathname)) {
      const answer = await page.request.get(url + path);
      if (answer.status() !== 200) problems.push(`${path}, as ${login}: status ${answer.status()}`);
      continue;
    }
    if (visited.has(kind)) {
      const answer = await page.request.get(url + path);
      if (answer.status() !== 200) problems.push(`${path}, as ${login}: status ${answer.status()}`);
      queue.push(...linksIn(await answer.text()));
      continue;
    }
    if (!(await look(page, path, kind, "zh-CN"))) continue;
    const landed = kindOf(new URL(page.url()).pathname);
    for (const known of [kind, landed]) {
      here.add(known);
      visited.set(known, path);
    }
    if (dark.has(landed)) await lookDark(page, path);
    await look(english, path, landed, "en");
    queue.push(...linksIn(await page.content()));
  }
  await page.context().close();
  await english.context().close();
  problems.push(...must.filter((kind) => !visited.has(kind)).map((kind) => `${login} found no link to ${kind}`));
}

describe("every page", () => {
  test("the demonstration has settled", { timeout: 240_000 }, async () => {
    const page = await signedIn("manager");
    for (const state of ["submitted", "screening"]) {
      await eventually(`no listing is ${state}`, async () => {
        const answer = await page.request.get(`${url}/console/listings.ndjson?state=${state}`);
        return answer.ok() && (await answer.text()) === "";
      }, 200);
    }
    await page.context().close();
  });

  for (const one of walks) {
    test(`as ${one.login}: answers, speaks both languages, is accessible`, { timeout: 300_000 }, async () => {
      problems.length = 0;
      await walk(one);
      assert.deepEqual(problems, []);
    });
  }
});

describe("pictures for README", () => {
  for (const lang of ["zh-CN", "en"]) {
    const suffix = lang === "en" ? "en" : "zh";
    const first = async (page, list, link) => {
      await page.goto(url + list);
      await page.locator(`main table tbody tr ${link}`).first().click();
      await page.waitForLoadState();
    };

    test(`a listing, the act behind it, a merchant (${suffix})`, async () => {
      const page = await signedIn("manager", { lang });
      await first(page, "/console/listings?state=rejected", "a[href^='/console/listings/']");
      await shot(page, `listing-${suffix}`);
      await page.locator("main a[href*='/proofs/'], main a[href*='/console/ledger/']").first().click();
      await page.waitForURL(/\/console\/ledger\//);
      await shot(page, `act-${suffix}`);
      await first(page, "/console/merchants?state=verifying", "a");
      await shot(page, `merchant-file-${suffix}`);
      clean(page, "the pictures");
      await page.context().close();
    });

    test(`an item on the review screen, taken, filled in and put back (${suffix})`, async () => {
      problems.length = 0;
      const page = await signedIn("reviewer2", { lang });
      await page.goto(`${url}/console/review?q=${encodeURIComponent("史上最低价 启明")}`);
      await page.locator("main table tbody tr a[href^='/console/review/']").first().click();
      await page.locator("form[action$='/claim'] button").click();
      await page.locator("#field-verdict").waitFor();
      for (const key of ["r", "1", "2"]) await page.keyboard.press(key);
      await page.waitForFunction(() => document.querySelector("#letter .ts-letter"));
      await shot(page, `review-item-${suffix}`);
      const sends = await page.locator("button[data-key=Enter]").boundingBox();
      await accessible(page, "the review screen").catch((error) => problems.push(error.message));
      await page.locator("form[action$='/release'] button").click();
      await page.waitForURL(/\/console\/review$/);
      assert.ok(sends.y + sends.height <= 900, `everything up to the last button is on one screen, it ends at ${sends.y + sends.height}`);
      assert.deepEqual(problems.splice(0), []);
      clean(page, "the review screen");
      await page.context().close();
    });
  }
});

describe("public pages", () => {
  const pages = ["/", "/sign-in", "/merchant/join", "/verify", "/docs/api"];
  for (const lang of ["zh-CN", "en"]) {
    test(`are right in ${lang}`, async () => {
      const page = await fresh({ lang });
      problems.length = 0;
      for (const path of pages) await look(page, path, `/public${path}`, lang);
      assert.deepEqual(problems, []);
      await page.context().close();
    });
  }

  test("carry less than 100 kB and fit a phone", async () => {
    for (const path of ["/", "/sign-in", "/merchant/join", "/verify"]) {
      const page = await fresh({ width: 390, height: 844 });
      const client = await page.context().newCDPSession(page);
      await client.send("Network.enable");
      let bytes = 0;
      client.on("Network.loadingFinished", (event) => { bytes += event.encodedDataLength; });
      await page.goto(url + path, { waitUntil: "networkidle" });
      assert.ok(bytes > 0 && bytes < 100_000, `${path} carries ${bytes} bytes`);
      const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]);
      assert.ok(wide <= seen, `${path} is ${wide} pixels wide on a screen of ${seen}`);
      const small = await page.evaluate(() => [...document.querySelectorAll("main button, main .btn")]
        .filter((element) => element.getClientRects().length && element.getBoundingClientRect().height < 24).map((element) => element.outerHTML.slice(0, 80)));
      assert.deepEqual(small, [], `${path}: too small to touch`);
      clean(page, path);
      await page.context().close();
    }
  });

  test("a wrong address and a used link say what to do", async () => {
    for (const lang of ["zh-CN", "en"]) {
      const page = await fresh({ lang });
      for (const path of ["/no-such-page", "/link/used-long-ago"]) {
        const response = await page.goto(url + path);
        assert.ok([404, 410].includes(response.status()), `${path}: ${response.status()}`);
        assert.deepEqual(await wrongWords(page, lang), []);
        assert.ok(await page.locator("main a.btn").count(), `${path} offers no way on`);
        await accessible(page, path);
      }
      await page.context().close();
    }
  });
});

describe("without scripts", () => {
  test("a person signs in, is told what was wrong, and joins", async () => {
    const page = await fresh({ script: false });
    await page.goto(`${url}/sign-in`);
    await page.fill("[name=login]", "nobody");
    await page.fill("[name=password]", "wrong wrong wrong");
    await page.click("main form button[type=submit]");
    assert.match(await page.locator("[role=alert]").innerText(), /\p{Script=Han}/u);
    await page.goto(`${url}/merchant/join`);
    const login = `no-script-${process.pid}`;
    await page.fill("[name=company]", "无脚本商贸有限公司");
    await page.fill("[name=login]", login);
    await page.fill("[name=password]", "一句足够长的口令 2026");
    await page.fill("[name=again]", "一句足够长的口令 2026");
    await page.click("main form button[type=submit]");
    await page.waitForURL((there) => there.pathname.startsWith("/merchant") && there.pathname !== "/merchant/join");
    await page.goto(`${url}/merchant/enrol/company`);
    await page.fill("[name=uscc]", "91330100MA00000000");
    await page.fill("[name=legal_name]", "无脚本商贸有限公司");
    await page.locator("main form button[type=submit]").first().click();
    assert.ok(await page.locator("[role=alert] a[href='#field-uscc']").count(), "a wrong credit code is named with its field");
    await page.context().close();
    const again = await fresh({ script: false });
    await again.goto(`${url}/sign-in`);
    await again.fill("[name=login]", login);
    await again.fill("[name=password]", "一句足够长的口令 2026");
    await again.click("main form button[type=submit]");
    await again.waitForURL((there) => there.pathname.startsWith("/merchant"));
    await again.context().close();
  });

  test("a list is filtered, a page turned, a menu opened", async () => {
    const page = await signedIn("reviewer", { script: false });
    await page.goto(`${url}/console/listings`);
    const rows = () => page.locator("main table tbody tr").count();
    const all = await rows();
    await page.selectOption("[name=state]", "rejected");
    await page.locator("main form[method=get] button[type=submit]").first().click();
    assert.match(page.url(), /state=rejected/);
    assert.ok((await rows()) > 0 && (await rows()) <= all);
    await page.locator("main table tbody tr a").first().click();
    assert.match(page.url(), /\/console\/listings\/[0-9a-f-]{36}$/);
    await page.locator("details.ts-menu summary").click();
    assert.ok(await page.locator("details.ts-menu a[href='/account']").isVisible());
    await page.context().close();
  });

  test("a listing is checked before it is handed in", async () => {
    const page = await signedIn("merchant04", { script: false });
    await page.goto(`${url}/merchant/listings/new`);
    await page.fill("[name=external_id]", `no-script-${process.pid}`);
    await page.fill("[name=title]", "全网销量第一的蓝牙耳机");
    await page.fill("[name=price]", "99.00");
    await page.click("button[name=action][value=check]");
    assert.match(await page.locator("#listing-check").innerText(), /第一/);
    assert.equal(await page.inputValue("[name=title]"), "全网销量第一的蓝牙耳机", "what was typed is still there");
    await page.context().close();
  });
});
