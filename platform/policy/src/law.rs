//! The laws rows rest on, and how a provision is cited in both languages.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::pack::Pack;
use crate::row::{Basis, Row, TableRow};
use crate::text::Bilingual;

/// A row of the table `laws`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Law {
    pub title: Bilingual,
    /// BCP 47 tag of the language the law is written in.
    pub language: String,
    /// Official number, gazette or identifier of the version in force.
    pub citation: String,
    /// Number of the last article; where given, `article` must lie within and is shown in the language's own words.
    #[serde(default)]
    pub articles: Option<u32>,
    /// Where the official text stands.
    #[serde(default)]
    pub url: Option<String>,
}

impl TableRow for Law {
    const TABLE: &'static str = "laws";
}

/// A basis ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Citation {
    /// Id of the law's row.
    pub law: String,
    /// Article as written in the pack.
    pub article: String,
    /// Language the law is written in.
    pub language: String,
    /// 《广告法》第九条第（三）项 / Advertising Law, Article 9, item (3).
    pub text: Bilingual,
}

impl Citation {
    pub(crate) fn of(basis: &Basis, law: &Row<Law>) -> Self {
        let title = &law.body.title;
        let place = match law.body.articles.and_then(|_| Provision::parse(&basis.article)) {
            Some(provision) => provision.shown(),
            None => Bilingual::new(basis.article.clone(), basis.article.clone()),
        };
        let text = if basis.article.is_empty() {
            Bilingual::new(format!("《{}》", title.zh), title.en.clone())
        } else {
            let gap = if place.zh.starts_with('第') { "" } else { " " };
            Bilingual::new(format!("《{}》{gap}{}", title.zh, place.zh), format!("{}, {}", title.en, place.en))
        };
        Self { law: basis.law.clone(), article: basis.article.clone(), language: law.body.language.clone(), text }
    }
}

impl Pack {
    /// The provisions as they are shown to a person. The law's row in force on `date` is used, else its latest.
    pub fn cite(&self, basis: &[Basis], date: Date) -> Vec<Citation> {
        basis.iter().filter_map(|one| Some(Citation::of(one, self.law(&one.law, date)?))).collect()
    }
}

/// A place in a law with numbered articles: `28¶2(4)` is article 28, paragraph 2, item 4; `63-1` is 第六十三条之一.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Provision {
    pub article: u32,
    pub inserted: Option<u32>,
    pub paragraph: Option<u32>,
    pub item: Option<u32>,
}

impl Provision {
    pub fn parse(text: &str) -> Option<Self> {
        let (rest, item) = match text.strip_suffix(')') {
            Some(open) => {
                let (rest, item) = open.rsplit_once('(')?;
                (rest, Some(number(item)?))
            }
            None => (text, None),
        };
        let (rest, paragraph) = match rest.split_once('¶') {
            Some((rest, paragraph)) => (rest, Some(number(paragraph)?)),
            None => (rest, None),
        };
        let (article, inserted) = match rest.split_once('-') {
            Some((article, inserted)) => (article, Some(number(inserted)?)),
            None => (rest, None),
        };
        Some(Self { article: number(article)?, inserted, paragraph, item })
    }

    pub fn shown(&self) -> Bilingual {
        let mut zh = format!("第{}条", chinese(self.article));
        let mut en = format!("Article {}", self.article);
        if let Some(inserted) = self.inserted {
            zh.push_str(&format!("之{}", chinese(inserted)));
            en.push_str(&format!("-{inserted}"));
        }
        if let Some(paragraph) = self.paragraph {
            zh.push_str(&format!("第{}款", chinese(paragraph)));
            en.push_str(&format!(", paragraph {paragraph}"));
        }
        if let Some(item) = self.item {
            zh.push_str(&format!("第（{}）项", chinese(item)));
            en.push_str(&format!(", item ({item})"));
        }
        Bilingual { zh, en }
    }
}

fn number(text: &str) -> Option<u32> {
    let plain = !text.is_empty() && text.len() <= 4 && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten().filter(|number| *number > 0)
}

/// A number from 1 to 9999 as laws write it: 九, 十, 二十八, 一百零三, 一百一十.
pub fn chinese(number: u32) -> String {
    const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];
    const UNITS: [(u32, &str); 4] = [(1000, "千"), (100, "百"), (10, "十"), (1, "")];
    let mut text = String::new();
    let mut skipped = false;
    for (unit, name) in UNITS {
        let digit = number / unit % 10;
        if digit == 0 {
            skipped = !text.is_empty();
            continue;
        }
        if skipped {
            text.push('零');
            skipped = false;
        }
        // 十 to 十九 drop the leading 一.
        if !(unit == 10 && digit == 1 && text.is_empty()) {
            text.push(DIGITS[digit as usize]);
        }
        text.push_str(name);
    }
    text
}
