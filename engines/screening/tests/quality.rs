//! How good the claims check is, on texts written for this purpose (`tests/corpus`), in three parts:
//!
//! * written beside the rules;
//! * *held out*: written without looking at the rules; first run precision 0.982, recall 0.902. Two rules were changed in view
//!   of its misses, so that it is held out no more;
//! * *fresh*: written after that, again before the rules were opened; first run **precision 1.000, recall 0.717** (60 violating,
//!   60 honest). That is the honest figure for texts the rules had never met, and it is below the 0.90 asked for. Rules for the
//!   missing kinds of claim were added; the floor below is held since then, and says nothing about texts nobody has tried yet.

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::civil::{Date, date};
use screening::claims::{ClaimRules, Scratch, facts, findings};
use screening::{Input, Severity};

const DAY: Date = date(2026, 11, 1);

fn rules() -> ClaimRules {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../policies/cn");
    let pack = policy::packs::pack_from_folder("cn", &folder).unwrap_or_else(|faults| panic!("{faults}"));
    ClaimRules::compile(&pack, DAY).unwrap_or_else(|faults| panic!("{faults}"))
}

fn corpus(name: &str) -> Vec<(String, String)> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
    lines
        .map(|line| {
            line.split_once(" | ")
                .map_or((String::new(), line.to_owned()), |(category, text)| (category.to_owned(), text.to_owned()))
        })
        .collect()
}

/// What the check says about a text: rule and words. Remarks (severity info) are no accusation.
fn said(category: &str, text: &str, rules: &ClaimRules, scratch: &mut Scratch) -> Vec<String> {
    let input = Input {
        id: "text".to_owned(),
        market: "cn".to_owned(),
        title: text.to_owned(),
        category: category.to_owned(),
        ..Input::default()
    };
    let outcome = findings(&facts(&input, rules, scratch), rules, "text");
    outcome
        .findings
        .into_iter()
        .filter(|finding| finding.severity > Severity::Info)
        .map(|finding| format!("{}[{}]", finding.rule, finding.text))
        .collect()
}

struct Score {
    found: usize,
    missed: Vec<String>,
    wrong: Vec<String>,
    honest: usize,
}

fn score(violating: &str, honest: &str) -> Score {
    let rules = rules();
    let mut scratch = Scratch::default();
    let mut score = Score { found: 0, missed: Vec::new(), wrong: Vec::new(), honest: 0 };
    for (category, text) in corpus(violating) {
        if said(&category, &text, &rules, &mut scratch).is_empty() {
            score.missed.push(format!("{category} | {text}"));
        } else {
            score.found += 1;
        }
    }
    for (category, text) in corpus(honest) {
        let said = said(&category, &text, &rules, &mut scratch);
        score.honest += 1;
        if !said.is_empty() {
            score.wrong.push(format!("{category} | {text}: {}", said.join(", ")));
        }
    }
    score
}

impl Score {
    fn hold(&self, name: &str) {
        let precision = self.found as f64 / (self.found + self.wrong.len()) as f64;
        let recall = self.found as f64 / (self.found + self.missed.len()) as f64;
        println!(
            "{name}: precision {precision:.3}, recall {recall:.3} ({} violating, {} honest)",
            self.found + self.missed.len(),
            self.honest
        );
        let detail = format!("missed:\n{}\nwrongly found:\n{}", self.missed.join("\n"), self.wrong.join("\n"));
        assert!(precision >= 0.95, "{name}: precision {precision:.3}\n{detail}");
        assert!(recall >= 0.90, "{name}: recall {recall:.3}\n{detail}");
        println!("{detail}");
    }
}

#[test]
fn claims_are_found_and_honest_texts_are_left_alone() {
    score("cn-violating.txt", "cn-honest.txt").hold("written beside the rules");
}

#[test]
fn the_fresh_texts_come_out_as_well_since_rules_were_added_for_their_kinds() {
    score("cn-fresh-violating.txt", "cn-fresh-honest.txt").hold("fresh");
}

#[test]
fn the_texts_that_were_held_out_come_out_as_well() {
    score("cn-held-out-violating.txt", "cn-held-out-honest.txt").hold("held out");
}

#[test]
fn at_most_one_ordinary_review_in_a_hundred_is_flagged() {
    let rules = rules();
    let mut scratch = Scratch::default();
    let reviews = corpus("reviews-ordinary.txt");
    let mut flagged = Vec::new();
    // A review has no category of its own: it is read as a text about ordinary goods, food and cosmetics.
    for category in ["", "home", "food", "cosmetics"] {
        for (_, text) in &reviews {
            let said = said(category, text, &rules, &mut scratch);
            if !said.is_empty() {
                flagged.push(format!("{category}: {text}: {}", said.join(", ")));
            }
        }
    }
    let share = flagged.len() as f64 / (reviews.len() * 4) as f64;
    println!("{} reviews in four categories, {:.2} % flagged", reviews.len(), share * 100.0);
    assert!(share <= 0.01, "{:.2} % flagged:\n{}", share * 100.0, flagged.join("\n"));
}

/// Terms people disguise, and the disguises, made by code.
const DISGUISED: &[&str] = &[
    "国家级",
    "最高级",
    "最佳效果",
    "全网第一",
    "销量第一",
    "第一品牌",
    "领导品牌",
    "世界级",
    "顶级工艺",
    "极品",
    "独一无二",
    "史无前例",
    "全球首创",
    "填补国内空白",
    "驰名商标",
    "国家免检",
    "特供",
    "国宴专用",
    "治疗高血压",
    "预防近视",
    "根治鼻炎",
    "消除炎症",
    "治疗失眠",
    "抗癌",
    "补肾壮阳",
    "活血化瘀",
    "排毒养颜",
    "降血糖",
    "祖传秘方",
    "药到病除",
    "无效退款",
    "专家推荐",
    "全网最低价",
    "史上最低",
    "跳楼价",
    "概不退换",
    "好评返现",
    "稳赚不赔",
    "高仿",
    "针孔摄像头",
    "代开发票",
    "电子烟",
    "辟邪转运",
    "零风险",
    "永不复发",
    "最先进",
    "最安全",
];

/// Common Simplified characters and their Traditional forms.
const TRADITIONAL: &[(char, char)] = &[
    ('国', '國'),
    ('级', '級'),
    ('网', '網'),
    ('销', '銷'),
    ('领', '領'),
    ('导', '導'),
    ('顶', '頂'),
    ('极', '極'),
    ('独', '獨'),
    ('无', '無'),
    ('创', '創'),
    ('补', '補'),
    ('内', '內'),
    ('标', '標'),
    ('检', '檢'),
    ('疗', '療'),
    ('压', '壓'),
    ('预', '預'),
    ('视', '視'),
    ('阳', '陽'),
    ('养', '養'),
    ('颜', '顏'),
    ('传', '傳'),
    ('药', '藥'),
    ('专', '專'),
    ('荐', '薦'),
    ('价', '價'),
    ('楼', '樓'),
    ('换', '換'),
    ('现', '現'),
    ('稳', '穩'),
    ('赚', '賺'),
    ('赔', '賠'),
    ('针', '針'),
    ('摄', '攝'),
    ('头', '頭'),
    ('开', '開'),
    ('发', '發'),
    ('电', '電'),
    ('烟', '煙'),
    ('转', '轉'),
    ('运', '運'),
    ('过', '過'),
    ('风', '風'),
    ('险', '險'),
    ('进', '進'),
    ('银', '銀'),
    ('失', '失'),
    ('际', '際'),
    ('商', '商'),
    ('炎', '炎'),
];

/// Homophones in use, one for a character.
const HOMOPHONES: &[(char, char)] = &[
    ('国', '郭'),
    ('家', '佳'),
    ('级', '极'),
    ('最', '蕞'),
    ('佳', '家'),
    ('第', '弟'),
    ('领', '岭'),
    ('极', '急'),
    ('顶', '鼎'),
    ('独', '读'),
    ('首', '守'),
    ('创', '怆'),
    ('治', '致'),
    ('疗', '辽'),
    ('预', '遇'),
    ('根', '跟'),
    ('除', '厨'),
    ('癌', '捱'),
    ('肾', '慎'),
    ('血', '雪'),
    ('毒', '独'),
    ('祖', '组'),
    ('药', '钥'),
    ('效', '校'),
    ('推', '忒'),
    ('荐', '建'),
    ('低', '滴'),
    ('价', '架'),
    ('概', '盖'),
    ('返', '反'),
    ('稳', '吻'),
    ('仿', '访'),
    ('孔', '恐'),
    ('票', '漂'),
    ('烟', '淹'),
    ('邪', '协'),
    ('过', '锅'),
    ('险', '显'),
    ('复', '富'),
    ('安', '鞍'),
    ('供', '贡'),
    ('宴', '艳'),
    ('免', '勉'),
    ('驰', '持'),
];

/// Pinyin of the character that is replaced.
const PINYIN: &[(char, &str)] = &[
    ('国', "guo"),
    ('级', "ji"),
    ('最', "zui"),
    ('佳', "jia"),
    ('第', "di"),
    ('领', "ling"),
    ('顶', "ding"),
    ('极', "ji"),
    ('独', "du"),
    ('首', "shou"),
    ('治', "zhi"),
    ('预', "yu"),
    ('根', "gen"),
    ('除', "chu"),
    ('癌', "ai"),
    ('肾', "shen"),
    ('血', "xue"),
    ('毒', "du"),
    ('秘', "mi"),
    ('药', "yao"),
    ('效', "xiao"),
    ('荐', "jian"),
    ('低', "di"),
    ('价', "jia"),
    ('退', "tui"),
    ('返', "fan"),
    ('赚', "zhuan"),
    ('仿', "fang"),
    ('孔', "kong"),
    ('票', "piao"),
    ('烟', "yan"),
    ('邪', "xie"),
    ('险', "xian"),
    ('复', "fu"),
    ('安', "an"),
    ('供', "gong"),
    ('宴', "yan"),
    ('检', "jian"),
    ('标', "biao"),
    ('无', "wu"),
    ('创', "chuang"),
    ('空', "kong"),
    ('品', "pin"),
    ('史', "shi"),
    ('界', "jie"),
];

fn between(term: &str, mark: &str) -> String {
    term.chars().map(String::from).collect::<Vec<_>>().join(mark)
}

fn replaced<T: ToString>(term: &str, table: &[(char, T)], all: bool) -> Option<String> {
    let mut done = false;
    let mut text = String::new();
    for letter in term.chars() {
        match table.iter().find(|(from, _)| *from == letter).filter(|_| all || !done) {
            Some((_, to)) => {
                done = true;
                text.push_str(&to.to_string());
            }
            None => text.push(letter),
        }
    }
    (done && text != term).then_some(text)
}

#[test]
fn disguised_claims_are_found() {
    let rules = rules();
    let mut scratch = Scratch::default();
    let mut kinds: BTreeMap<&str, (usize, Vec<String>)> = BTreeMap::new();
    for term in DISGUISED {
        let plain = format!("好物推荐 {term} 全场包邮");
        assert!(!said("", &plain, &rules, &mut scratch).is_empty(), "{term} is not found undisguised");
        let disguises = [
            ("spaces", Some(between(term, " "))),
            ("symbols", Some(between(term, "*"))),
            ("dots", Some(between(term, "·"))),
            ("zero width", Some(between(term, "\u{200b}"))),
            ("bidi", Some(between(term, "\u{202e}"))),
            ("combining", Some(between(term, "\u{0336}"))),
            ("emoji", Some(between(term, "🔥"))),
            ("emoji with joiner", Some(between(term, "❤\u{fe0f}\u{200d}🔥"))),
            (
                "one space",
                Some(
                    term.char_indices()
                        .nth(1)
                        .map_or_else(String::new, |(at, _)| format!("{} {}", &term[..at], &term[at..])),
                ),
            ),
            ("traditional", replaced(term, TRADITIONAL, true)),
            ("homophone", replaced(term, HOMOPHONES, false)),
            ("pinyin", replaced(term, PINYIN, false)),
            ("numerals", replaced(term, &[('一', "①"), ('零', "0"), ('二', "②")], true)),
            ("capital numerals", replaced(term, &[('一', "壹"), ('二', "贰")], true)),
            (
                "look-alike",
                replaced(term, &[('国', '囯'), ('治', '冶'), ('最', '冣'), ('疗', '疔'), ('第', '苐')], true),
            ),
        ];
        for (kind, text) in disguises.into_iter().filter_map(|(kind, text)| Some((kind, text?))) {
            let entry = kinds.entry(kind).or_default();
            entry.0 += 1;
            if said("", &format!("好物推荐 {text} 全场包邮"), &rules, &mut scratch).is_empty() {
                entry.1.push(text);
            }
        }
    }
    let (all, missed) =
        kinds.values().fold((0, 0), |(all, missed), (tried, failed)| (all + tried, missed + failed.len()));
    for (kind, (tried, failed)) in &kinds {
        println!("{kind}: {}/{tried} found; missed {}", tried - failed.len(), failed.join(" "));
    }
    let share = 1.0 - missed as f64 / all as f64;
    println!("{all} disguises, {:.1} % found", share * 100.0);
    assert!(share >= 0.95, "{:.1} % found: {kinds:?}", share * 100.0);
    for (kind, (tried, failed)) in &kinds {
        assert!(failed.len() * 5 <= *tried, "{kind}: {failed:?}");
    }
}
