//! The fold table, computed once from Unicode data, the Traditional → Simplified map and the short lists below.

use std::collections::HashMap;
use std::sync::LazyLock;

use pinyin::ToPinyin;
use unicode_normalization::UnicodeNormalization;

use super::{Gap, is_han};

/// What a character becomes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry<'a> {
    Letter(char),
    /// Several letters; each is looked up again.
    Letters(&'a str),
    Noise(Gap),
}

/// Characters below this code point are looked up by index, the others by rule.
const TABLE_SIZE: usize = 0x1_0000;

pub struct Table {
    /// A character, or `NOISE + gap`, or `MULTIPLE + index`.
    entries: Vec<u32>,
    multiple: Vec<String>,
    beyond: HashMap<char, u32>,
}

const NOISE: u32 = 0x8000_0000;
const MULTIPLE: u32 = 0x4000_0000;

static TABLE: LazyLock<Table> = LazyLock::new(Table::build);

pub fn table() -> &'static Table {
    &TABLE
}

/// Characters that look alike or are rare forms, with what they stand for.
const ALIKE: &[(&str, char)] = &[
    ("蕞冣朂樶", '最'),
    ("囯圀囻", '国'),
    ("苐", '第'),
    ("笰", '第'),
    ("隹", '佳'),
    ("傢", '家'),
    ("伋", '级'),
    ("彶", '级'),
    ("冶", '治'),
    ("疔", '疗'),
    ("唍", '完'),
    ("佄", '甘'),
    ("尐", '少'),
    ("渁", '深'),
    ("頂", '顶'),
    ("仩", '上'),
    ("囬", '回'),
    ("莄", '更'),
    ("峎", '根'),
    ("痏", '有'),
    ("傚", '效'),
    ("俲", '效'),
    ("癈", '废'),
    ("葯", '药'),
    ("臧", '藏'),
    ("畱", '留'),
    ("竒", '奇'),
    ("絕", '绝'),
    ("泩", '生'),
    ("嘸", '无'),
    ("⺠", '民'),
    ("⻚", '页'),
    ("⻋", '车'),
    ("⻓", '长'),
    ("⻢", '马'),
    ("⻩", '黄'),
    ("⻬", '齐'),
    ("⻝", '食'),
    ("⻄", '西'),
    ("⻅", '见'),
    ("⻉", '贝'),
    ("⻘", '青'),
    ("⻛", '风'),
    ("⻜", '飞'),
    ("⻥", '鱼'),
    ("⻰", '龙'),
    // Cyrillic and Greek letters that look Latin (Unicode confusables, UTS 39).
    ("а", 'a'),
    ("АΑα", 'a'),
    ("вВΒβЬь", 'b'),
    ("сСϲ", 'c'),
    ("ԁ", 'd'),
    ("еЕΕєё", 'e'),
    ("ғ", 'f'),
    ("ɡԍ", 'g'),
    ("нНһΗ", 'h'),
    ("іІΙιїı", 'i'),
    ("јЈ", 'j'),
    ("кКΚκ", 'k'),
    ("ӏⅼ", 'l'),
    ("мМΜ", 'm'),
    ("ոΝ", 'n'),
    ("оОΟοօ", 'o'),
    ("рРΡρ", 'p'),
    ("ԛ", 'q'),
    ("г", 'r'),
    ("ѕЅ", 's'),
    ("тТΤτ", 't'),
    ("υս", 'u'),
    ("ѵν", 'v'),
    ("ԝѡ", 'w'),
    ("хХΧχ", 'x'),
    ("уУΥγ", 'y'),
    ("Ζ", 'z'),
    // Numerals.
    ("一壹弌Ⅰⅰ㊀", '1'),
    ("二贰貳弍Ⅱⅱ㊁", '2'),
    ("三叁參弎Ⅲⅲ㊂", '3'),
    ("四肆Ⅳⅳ㊃", '4'),
    ("五伍Ⅴⅴ㊄", '5'),
    ("六陆陸Ⅵⅵ㊅", '6'),
    ("七柒Ⅶⅶ㊆", '7'),
    ("八捌Ⅷⅷ㊇", '8'),
    ("九玖Ⅸⅸ㊈", '9'),
    ("〇零", '0'),
    ("❶➀➊⓵", '1'),
    ("❷➁➋⓶", '2'),
    ("❸➂➌⓷", '3'),
    ("🈚", '无'),
    ("🈶", '有'),
    ("🈲", '禁'),
    ("🈯", '指'),
];

/// Characters that stand for several.
const ALIKE_SEVERAL: &[(char, &str)] =
    &[('💯', "100"), ('🔝', "top"), ('🆕', "new"), ('🥇', "第1"), ('㎎', "mg"), ('♡', "")];

/// Characters people write in two parts, and the parts.
pub const SPLITS: &[(char, &[&str])] = &[
    ('肥', &["月巴"]),
    ('好', &["女子"]),
    ('胖', &["月半"]),
    ('脂', &["月旨"]),
    ('肿', &["月中"]),
    ('治', &["氵台", "三点水台"]),
    ('佳', &["亻圭", "人圭"]),
    ('级', &["纟及", "系及"]),
    ('效', &["交攵", "交文"]),
    ('疗', &["疒了"]),
    ('瘦', &["疒叟"]),
    ('癌', &["疒嵒"]),
    ('药', &["艹约", "草约"]),
    ('防', &["阝方"]),
    ('顶', &["丁页"]),
    ('独', &["犭虫"]),
    ('唯', &["口隹"]),
    ('特', &["牛寺", "牜寺"]),
    ('功', &["工力"]),
    ('国', &["囗玉"]),
    ('家', &["宀豕"]),
    ('根', &["木艮"]),
    ('绝', &["纟色"]),
    ('对', &["又寸"]),
    ('祛', &["礻去", "衤去"]),
    ('斑', &["王文王"]),
    ('降', &["阝夅"]),
    ('糖', &["米唐"]),
    ('血', &["丿皿"]),
    ('酒', &["氵酉"]),
    ('烟', &["火因"]),
    ('致', &["至攵"]),
    ('极', &["木及"]),
    ('的', &["白勺"]),
    ('保', &["亻呆"]),
    ('证', &["讠正"]),
    ('壮', &["丬士"]),
    ('阳', &["阝日"]),
    ('枪', &["木仓"]),
    ('法', &["氵去"]),
    ('科', &["禾斗"]),
    ('最', &["日取", "曰取"]),
    ('首', &["丷自"]),
    ('炎', &["火火"]),
    ('消', &["氵肖"]),
    ('病', &["疒丙"]),
];

impl Table {
    pub fn look_up(&self, char: char) -> Entry<'_> {
        let code = char as usize;
        let raw = match self.entries.get(code) {
            Some(&raw) => raw,
            None => match self.beyond.get(&char) {
                Some(&raw) => raw,
                None if is_han(char) => char as u32,
                None => NOISE + Gap::Symbol as u32,
            },
        };
        if raw & NOISE != 0 {
            return Entry::Noise(match raw & 7 {
                2 => Gap::Space,
                3 => Gap::Clause,
                4 => Gap::Sentence,
                _ => Gap::Symbol,
            });
        }
        if raw & MULTIPLE != 0 {
            return self
                .multiple
                .get((raw & 0xffff) as usize)
                .map_or(Entry::Noise(Gap::Symbol), |text| Entry::Letters(text));
        }
        char::from_u32(raw).map_or(Entry::Noise(Gap::Symbol), Entry::Letter)
    }

    fn build() -> Self {
        let mut table = Self { entries: Vec::with_capacity(TABLE_SIZE), multiple: Vec::new(), beyond: HashMap::new() };
        let alike: HashMap<char, char> =
            ALIKE.iter().flat_map(|(from, to)| from.chars().map(move |from| (from, *to))).collect();
        let several: HashMap<char, &str> = ALIKE_SEVERAL.iter().copied().collect();
        for code in 0..0x1_0000_u32 {
            let raw =
                char::from_u32(code).map_or(NOISE + Gap::Symbol as u32, |char| table.entry(char, &alike, &several));
            table.entries.push(raw);
        }
        // Letters beyond the basic plane: mathematical and enclosed alphanumerics, compatibility ideographs.
        let far =
            (0x1_d400..0x1_d800_u32).chain(0x1_f100..0x1_f200).chain(0x1_fbf0..0x1_fbfa).chain(0x2_f800..0x2_fa20);
        for char in far.filter_map(char::from_u32).chain(alike.keys().copied()).chain(several.keys().copied()) {
            if char as u32 >= 0x1_0000 {
                let raw = table.entry(char, &alike, &several);
                table.beyond.insert(char, raw);
            }
        }
        table
    }

    fn entry(&mut self, char: char, alike: &HashMap<char, char>, several: &HashMap<char, &str>) -> u32 {
        if let Some(&to) = alike.get(&char) {
            return to as u32;
        }
        if let Some(text) = several.get(&char) {
            return self.several(text);
        }
        if let Some(gap) = separator(char) {
            return NOISE + gap as u32;
        }
        let compatible: String = std::iter::once(char).nfkc().collect();
        let plain: String =
            compatible.nfd().filter(|part| !unicode_normalization::char::is_combining_mark(*part)).collect();
        let mut letters = String::new();
        for part in plain.chars().flat_map(char::to_lowercase) {
            // Lower case may decompose again (İ → i + dot): only what is a letter, digit or % stays.
            let part = alike.get(&part).copied().unwrap_or_else(|| simplified(part));
            let part = alike.get(&part).copied().unwrap_or(part);
            if part.is_alphanumeric() && !unicode_normalization::char::is_combining_mark(part) || part == '%' {
                letters.push(part);
            }
        }
        let mut chars = letters.chars();
        match (chars.next(), chars.next()) {
            (None, _) => NOISE + Gap::Symbol as u32,
            (Some(letter), None) => letter as u32,
            _ => self.several(&letters),
        }
    }

    fn several(&mut self, text: &str) -> u32 {
        self.multiple.push(text.to_owned());
        MULTIPLE + u32::try_from(self.multiple.len() - 1).unwrap_or(0xffff)
    }
}

fn separator(char: char) -> Option<Gap> {
    match char {
        '。' | '！' | '？' | '!' | '?' | '\n' | '\r' | '…' | '\u{2028}' | '\u{2029}' => Some(Gap::Sentence),
        '，' | '；' | '：' | ',' | ';' | ':' | '（' | '）' | '(' | ')' | '【' | '】' | '[' | ']' | '《' | '》'
        | '“' | '”' | '「' | '」' | '"' => Some(Gap::Clause),
        '、' => Some(Gap::Space),
        _ if char.is_whitespace() => Some(Gap::Space),
        _ => None,
    }
}

fn simplified(char: char) -> char {
    if !is_han(char) {
        return char;
    }
    let mut buffer = [0_u8; 4];
    let text = fast2s::convert(char.encode_utf8(&mut buffer));
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(one), None) => one,
        _ => char,
    }
}

/// How a Han character (or a digit) sounds: the syllable without tone, and the tone (0 to 5).
#[must_use]
pub fn sound_of(char: char) -> Option<(&'static str, u8)> {
    let read = match char {
        '0' => '零',
        '1' => '一',
        '2' => '二',
        '3' => '三',
        '4' => '四',
        '5' => '五',
        '6' => '六',
        '7' => '七',
        '8' => '八',
        '9' => '九',
        other => other,
    };
    let numbered = read.to_pinyin()?.with_tone_num_end();
    match numbered.as_bytes().last() {
        Some(tone @ b'0'..=b'5') => Some((&numbered[..numbered.len() - 1], tone - b'0')),
        _ => Some((numbered, 5)),
    }
}
