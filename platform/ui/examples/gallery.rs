//! Every part on a few pages, written as files to look at: `cargo run -p ui --example gallery -- <folder>`.
//! Open `<folder>/console.html`, `form.html`, `public.html`, … in a browser; `-en` and `-dark` stand beside them.

use std::path::Path;
use std::sync::Arc;

use ground::{Language, Problem, Timestamp};
use maud::{Markup, html};
use ui::parts::*;
use ui::{Area, Catalogs, Flash, NavEntry, Theme, View, Viewer, icon, shell};

fn view(language: Language, theme: Theme, area: Area, path: &str) -> View {
    let catalogs = Arc::new(Catalogs::new(&[]).expect("the catalogs of this crate are sound"));
    let mut cx = View::new(catalogs, language, path, now());
    let keys = [
        ("desk", "home", 0),
        ("merchants", "building-store", 3),
        ("review", "checklist", 128),
        ("trace", "route", 0),
        ("monitoring", "activity", 5),
        ("inspection", "microscope", 12),
        ("enforcement", "gavel", 7),
        ("complaints", "message-circle", 31),
        ("training", "school", 0),
        ("insight", "chart-bar", 0),
        ("policies", "book", 0),
        ("ledger", "shield-check", 0),
    ];
    cx.nav = keys
        .iter()
        .map(|(key, icon, n)| NavEntry::new(area, &format!("ui-nav-{key}"), &format!("/console/{key}"), icon).count(*n))
        .collect();
    cx.zone = jiff::tz::TimeZone::get("Asia/Shanghai").unwrap_or(jiff::tz::TimeZone::UTC);
    cx.theme = theme;
    cx.demonstration = true;
    cx.query = "q=%E6%8A%97%E8%8F%8C&state=open&sort=-due".into();
    if area != Area::Public {
        cx.viewer = Some(Viewer {
            id: "u1".into(),
            name: "林书瑶".into(),
            roles: vec!["reviewer".into()],
            area,
            organisation: Some("品质监管部".into()),
        });
    }
    cx
}

fn now() -> Timestamp {
    Timestamp::parse_rfc3339("2026-03-16T02:30:00Z").expect("a moment")
}

fn states() -> Vec<(String, String)> {
    [("open", "待审"), ("passed", "通过"), ("rejected", "驳回")].map(|(v, l)| (v.into(), l.into())).to_vec()
}

fn list(cx: &View) -> Markup {
    let titles = [
        "抗菌防螨四件套 纯棉",
        "儿童保温杯 316 不锈钢",
        "氨基酸洁面乳 100g",
        "无线充电宝 20000mAh",
        "有机燕麦片 1kg",
        "羊绒围巾 100% 山羊绒",
    ];
    let rows = titles.iter().enumerate().map(|(i, title)| {
        let (tone, sign, word) = [
            (Tone::Info, "eye", "待复核"),
            (Tone::Good, "check", "通过"),
            (Tone::Danger, "ban", "停售"),
            (Tone::Neutral, "file-text", "草稿"),
        ][i % 4];
        let level = [Severity::High, Severity::Note, Severity::Critical, Severity::Low, Severity::Medium][i % 5];
        Row::new()
            .key(format!("L{i}"), *title)
            .link(format!("/console/review/L{i}"))
            .cell(title)
            .cell(html! { a href="/console/merchants/1" { "杭州知棉家纺" } })
            .cell(status(tone, sign, word))
            .cell(severity(cx, level))
            .cell(clock(cx, now().plus_micros([90, 5, -3, 70, 20, 300][i] * 3_600_000_000)))
            .cell(cx.money(12_990 * (i as i64 + 1), "CNY"))
            .cell(cx.time_ago(now().plus_days(-(i as i64))))
    });
    html! {
        (FilterBar::new(cx).saved("我的队列", "q=抗菌&state=open").saved("即将逾期", "state=open&sort=due")
            .search("q", "标题、商家或编码").choice("state", "状态", states()).date("since", "提交日期起"))
        (Table::new(cx, "待审商品")
            .column(Column::text("商品").sort("title")).column(Column::text("商家").quiet())
            .column(Column::text("状态")).column(Column::text("风险").sort("risk")).column(Column::text("时限").sort("due"))
            .column(Column::number("价格").sort("price")).column(Column::text("提交").quiet())
            .sorted(Sort::from_view(cx, &["title", "risk", "due", "price"], "due"))
            .rows(rows)
            .bulk("/console/review/bulk", html! {
                select class="form-select" name="reason" aria-label="理由" { option { "资质齐全" } option { "缺少检测报告" } }
                button class="btn" type="submit" { (icon("check")) "通过" }
                button class="btn ts-btn-danger" type="submit" { (icon("x")) "驳回" }
            })
            .export("CSV", "/console/review.csv").export("JSON", "/console/review.json")
            .paging(Paging::pages(cx, 3, 22, 128)))
    }
}

fn curve(cx: &View) -> Chart<'_> {
    let days: Vec<String> = (1..=28).map(|d| format!("02-{d:02}")).collect();
    let wave = |i: usize| 0.012 + 0.004 * ((i as f64) / 4.0).sin();
    let line = (0..28).map(|i| Some(if i > 20 { wave(i) + 0.002 * (i as f64 - 20.0) } else { wave(i) })).collect();
    Chart::new(cx, "curve", "质量投诉率与同类区间", "日期", days)
        .line("本商品", line)
        .band(
            "同类 95% 区间",
            (0..28).map(|i| Some(wave(i) - 0.005)).collect(),
            (0..28).map(|i| Some(wave(i) + 0.005)).collect(),
        )
        .threshold("目标 2%", 0.02)
        .moment("预警", 23)
        .percent()
        .decimals(2)
}

fn desk(cx: &View) -> Markup {
    let past: Vec<Option<f64>> = [97.1, 97.4, 97.3, 97.9, 98.0, 98.2, 98.4].map(Some).to_vec();
    shell::console(
        cx,
        "工作台",
        html! {
            (PageHeader::new(cx, "商品审核").back("工作台", "/console").mark(badge(Tone::Waiting, "12 件即将逾期"))
                .lead("机器无法判定的商品在这里由人决定。每个决定都会写入台账。")
                .link("领取下一件", "/console/review/next", "player-play").link("抽查记录", "/console/review/audit", "history")
                .action(confirm("暂停自动放行", "player-pause", true, html! { p { "暂停后，所有新商品都会进入人工队列。" } button class="btn btn-danger" { "确认暂停" } })))
            div class="ts-tiles" {
                (Tile::new("抽检合格率", cx.percent(0.984)).interval("95% 区间 97.9–98.8%").trend(Trend::Up, TrendMeaning::Better, "较上季 +0.3 个百分点").target("≥ 98%").spark(sparkline("近七期合格率", &past)).link("/console/insight"))
                (Tile::new("质量投诉率", cx.percent_to(0.0172, 2)).interval("95% 区间 1.64–1.80%").trend(Trend::Up, TrendMeaning::Worse, "较上周 +0.05 个百分点").target("< 2%").spark(sparkline("近七周", &past)))
                (Tile::new("待审", cx.number(128)).trend(Trend::Down, TrendMeaning::Better, "较昨日 −41").note("中位等待 2.1 小时"))
                (Tile::new("审核一致率", cx.percent(0.957)).interval("Cohen κ 0.88").note("盲审 5% · 近 30 天"))
            }
            (tabs(cx, "队列", &[("待审".into(), "/console/review".into(), Some(128)), ("复核".into(), "/console/review/second".into(), Some(9)), ("金标".into(), "/console/review/golden".into(), None)]))
            (list(cx))
            div class="ts-halves" {
                (card("投诉率走势", html! { (curve(cx)) }))
                (card("处理量", html! { (Chart::new(cx, "bars", "每日处理量", "日期", (1..=7).map(|d| format!("03-{d:02}")).collect()).bar("通过", [80., 92., 71., 88., 95., 40., 38.].map(Some).to_vec()).bar("驳回", [12., 9., 15., 11., 8., 4., 6.].map(Some).to_vec()).stacked()) }))
            }
            (KeyHelp::new(cx).key("j", "下一件").key("k", "上一件").key("a", "通过").key("r", "驳回"))
        },
    )
}

fn review(cx: &View) -> Markup {
    let title = "【旗舰】抗菌99.9%防螨纯棉四件套 国家级品质 全网最低价 <正品>";
    let spans = [
        Span {
            start: 4,
            end: 11,
            severity: Severity::Medium,
            label: "功效宣称需要检测报告".into(),
            href: Some("#f1".into()),
        },
        Span { start: 9, end: 13, severity: Severity::Note, label: "重叠示例".into(), href: None },
        Span {
            start: 19,
            end: 22,
            severity: Severity::Critical,
            label: "绝对化用语（广告法第九条）".into(),
            href: Some("#f2".into()),
        },
        Span { start: 25, end: 30, severity: Severity::High, label: "价格比较缺少依据".into(), href: None },
    ];
    let plot = (0..40).fold(
        StripPlot::new(cx, "同类价格（纯棉四件套，近 30 天）", |cx, v| {
            cx.money((v * 100.0) as i64, "CNY")
        }),
        |p, i| p.point(format!("商品 {i}"), 180.0 + f64::from(i * i % 37) * 6.0, None),
    );
    let first = PictureBox {
        x: 60,
        y: 40,
        width: 180,
        height: 70,
        severity: Severity::Critical,
        label: "图中文字：“国家级品质”".into(),
    };
    let second = PictureBox {
        x: 230,
        y: 190,
        width: 140,
        height: 90,
        severity: Severity::Medium,
        label: "认证标志无证书编号".into(),
    };
    shell::console(
        cx,
        "审核",
        html! {
            (PageHeader::new(cx, "抗菌防螨纯棉四件套").back("商品审核", "/console/review").mark(severity(cx, Severity::Critical)).mark(clock(cx, now().plus_micros(5 * 3_600_000_000))))
            (Stepper::new(cx, "处罚程序")
                .step(Step::new("立案", StepState::Done).at(now().plus_days(-6)))
                .step(Step::new("告知", StepState::Done).at(now().plus_days(-4)).note("已送达"))
                .step(Step::new("陈述申辩", StepState::Current).due(now().plus_micros(9 * 3_600_000_000)).note("商家可提交材料"))
                .step(Step::new("决定", StepState::Next).due(now().plus_days(5)).note("由处罚专员作出"))
                .step(Step::new("申诉", StepState::Next)))
            div class="ts-columns" {
                div {
                    (card("商品", html! { (facts().add("商家", html! { a href="/m" { "杭州知棉家纺" } }).add("类目", "家纺 › 床品套件").add("价格", cx.money(25_900, "CNY")).add("执行标准", "GB/T 22796-2021").add("提交", cx.moment(now().plus_days(-1))).add("商品码", hash(cx, "sha256:9f2b6d0c6b6f4f0f9a3ce1"))) }))
                    (card("信用", html! { (IntervalBar { label: "信用 78，区间 71–84".into(), min: 0.0, max: 100.0, value: 78.0, low: 71.0, high: 84.0, marks: vec![(40.0, "D".into()), (60.0, "C".into()), (75.0, "B".into()), (90.0, "A".into())] }) (progress(cx, "整改进度", 3, 5)) }))
                }
                div {
                    (card("标题与图片", html! {
                        p { (highlight(cx, title, &spans)) }
                        (Picture::new(cx, "picture.svg", "主图：四件套实拍", 420, 300).boxed(first).boxed(second))
                    }))
                    (card("价格", html! { (plot.subject("本商品", 259.0)) }))
                    (card("与上一版相比", html! {
                        p { (diff_inline("纯棉四件套 抑菌", "纯棉四件套 抗菌99.9%")) }
                        (diff_fields(cx, &[FieldChange { label: "价格".into(), old: Some("¥299.00".into()), new: Some("¥259.00".into()) }, FieldChange { label: "产地".into(), old: None, new: Some("浙江".into()) }]))
                        (diff_lines(cx, "规则: 1\n上限: 50\n说明: 旧\n", "规则: 1\n上限: 80\n说明: 新\n补充: 是\n"))
                    }))
                }
                div class="ts-sticky" {
                    (card("决定", form_post(cx, "/x", html! {
                        (Field::radios(cx, "decision", "结论", vec![Choice::new("pass", "通过").hint("快捷键 a"), Choice::new("reject", "驳回").hint("快捷键 r"), Choice::new("ask", "补充材料")]).required().value("reject"))
                        (Field::textarea(cx, "note", "商家将看到", 3).value("请提供抗菌检测报告。").hint("发送前请通读"))
                        (submit("提交决定", None))
                    })))
                }
            }
            (card("处理记录", html! { (Timeline::new(cx)
                .entry(Entry::new(now().plus_micros(-60_000_000), "转人工审核").who("规则引擎 v12").detail("命中 3 项发现").tone(Tone::Info, "eye"))
                .entry(Entry::new(now().plus_days(-1), "机器判定：驳回").who("规则引擎 v12").detail(html! { p { "绝对化用语 · 广告法第九条第三项" } }).tone(Tone::Danger, "x").proof("/proofs/1"))
                .entry(Entry::new(now().plus_days(-2), "商家提交第 3 版").who("杭州知棉家纺").tone(Tone::Neutral, "upload").proof("/proofs/2"))) }))
            (KeyHelp::new(cx).key("j / k", "下一件 / 上一件").key("a", "通过").key("r", "驳回").key("1–9", "理由"))
        },
    )
}

fn form(cx: &View) -> Markup {
    let errors = FormErrors::none().and(cx, "licence", "统一社会信用代码应为 18 位，校验位不符").and(
        cx,
        "kind",
        "请选择主体类型",
    );
    shell::merchant(
        cx,
        "入驻申请",
        html! {
            (PageHeader::new(cx, "入驻申请").lead("提交后一般在一个工作日内答复。"))
            (errors)
            (card("主体信息", form_upload(cx, "/x", html! {
                (Field::radios(cx, "kind", "主体类型", vec![Choice::new("company", "企业").hint("有营业执照"), Choice::new("individual", "个体工商户"), Choice::new("farmer", "农户自产自销").hint("依法免于登记")]).required().errors(&errors))
                (Field::text(cx, "name", "名称").value("杭州知棉家纺有限公司").required().autocomplete("organization"))
                (Field::text(cx, "licence", "统一社会信用代码").value("91330100MA2XXXX").hint("营业执照右上角，18 位").required().errors(&errors))
                (Field::date(cx, "until", "有效期至").hint("长期有效则留空"))
                (Field::money(cx, "capital", "注册资本", "CNY").value("1000000.00"))
                (Field::select(cx, "category", "主营类目", vec![Choice::new("home", "家纺"), Choice::new("food", "食品")]).required())
                (Field::file(cx, "scan", "营业执照扫描件", "image/*,.pdf").required().hint("JPG、PNG 或 PDF，不超过 10 MB"))
                (Field::checks(cx, "brands", "经营方式", vec![Choice::new("own", "自有品牌"), Choice::new("agent", "授权经销")]).value("own"))
                (Field::textarea(cx, "note", "补充说明", 3))
                (Field::checkbox(cx, "agree", "已阅读并同意《平台质量承诺书》").required())
                (submit("提交申请", Some(("稍后再说", "/merchant"))))
            })))
            (card("证明", html! { p { "回执编号 " (copyable(cx, "TS-2026-000318")) } (alert(Tone::Good, "已保存", "草稿保存于 10:30")) (alert(Tone::Waiting, "证书将到期", "3C 证书将于 12 天后到期。")) (alert(Tone::Info, "", "可随时回到此页继续填写。")) }))
            (notice_document(cx, "某某平台品质监管部", "责令改正通知书", "监改〔2026〕318 号", html! { p { "杭州知棉家纺有限公司：" } p { "经查，你单位销售的商品标题含有绝对化用语，违反《中华人民共和国广告法》第九条第三项。请于 2026 年 3 月 23 日前改正。" } }, Some("/proofs/3")))
            (empty("inbox", "还没有商品", "完成入驻后，在这里提交第一件商品。", Some(html! { a class="btn" href="/x" { (icon("plus")) "提交商品" } })))
        },
    )
}

fn public(cx: &View) -> Markup {
    shell::public(
        cx,
        "扫码结果",
        html! {
            div class="pub-verdict ts-good" { (icon("shield-check")) div { h1 { "正品" } p { "此码真实有效，首次查询。" } } }
            (card("商品", html! { (facts().add("名称", "儿童保温杯 316 不锈钢").add("批次", "20260301-A").add("生产者", "浙江永康某杯业").add("生产日期", cx.date(now().plus_days(-15)))) }))
            h2 { "流转过程" }
            (Timeline::new(cx).entry(Entry::new(now().plus_days(-3), "到达杭州仓").tone(Tone::Good, "truck").proof("/p/1")).entry(Entry::new(now().plus_days(-9), "检测合格").who("华测检测").tone(Tone::Good, "microscope").proof("/p/2")))
            div class="pub-actions" { a class="btn btn-primary" href="/complain" { (icon("message-circle")) "投诉" } a class="btn" href="/verify" { (icon("shield-check")) "核验证明" } }
            (form_post(cx, "/complain", html! { (Field::radios(cx, "what", "遇到了什么问题", vec![Choice::new("fake", "疑似假货"), Choice::new("broken", "质量问题").hint("损坏、异味、与描述不符")]).required()) (Field::input(cx, "tel", "phone", "手机号").autocomplete("tel").hint("仅用于告知进展")) (submit("下一步", None)) }))
        },
    )
}

fn main() -> std::io::Result<()> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| "gallery".into());
    let folder = Path::new(&folder);
    std::fs::create_dir_all(folder)?;
    for asset in ui::assets::all() {
        let path = folder.join(asset.href.trim_start_matches('/'));
        std::fs::create_dir_all(path.parent().unwrap_or(folder))?;
        std::fs::write(path, asset.bytes)?;
    }
    std::fs::write(
        folder.join("picture.svg"),
        r##"<svg xmlns="http://www.w3.org/2000/svg" width="420" height="300"><rect width="420" height="300" fill="#cfdbe4"/><rect x="70" y="120" width="280" height="130" rx="18" fill="#f7f3ea"/><text x="80" y="84" font-size="26" fill="#29465b">国家级品质</text><circle cx="300" cy="235" r="34" fill="#3c8a5a"/></svg>"##,
    )?;
    for (language, tongue) in [(Language::Zh, ""), (Language::En, "-en")] {
        for (theme, shade) in [(Theme::Light, ""), (Theme::Dark, "-dark")] {
            let at = |area, path| view(language, theme, area, path);
            let mut flashed = at(Area::Console, "/console/review");
            flashed.flash.push(Flash { tone: Tone::Good, text: "已通过 3 件商品。".into() });
            let problem = Problem::invalid_field("price", "error-malformed");
            let pages = [
                ("console", desk(&flashed)),
                ("review", review(&at(Area::Console, "/console/review/L1"))),
                ("form", form(&at(Area::Merchant, "/merchant/enrol"))),
                ("public", public(&at(Area::Public, "/c/1"))),
                ("error", shell::error(&at(Area::Console, "/console/x"), &problem, "req-7f3a")),
                ("sign-in", {
                    let cx = at(Area::Public, "/sign-in");
                    shell::sign_in(
                        &cx,
                        &cx.t("ui-sign-in"),
                        form_post(
                            &cx,
                            "/sign-in",
                            html! {
                                (Field::text(&cx, "name", "账号").required().autocomplete("username"))
                                (Field::password(&cx, "password", "密码").required().autocomplete("current-password"))
                                (submit(&cx.t("ui-sign-in"), None))
                            },
                        ),
                    )
                }),
            ];
            for (name, page) in pages {
                let text = page.into_string().replace("\"/assets/", "\"assets/");
                std::fs::write(folder.join(format!("{name}{tongue}{shade}.html")), text)?;
            }
        }
    }
    println!("written to {}", folder.display());
    Ok(())
}
