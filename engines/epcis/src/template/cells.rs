//! What stands in a cell.

use super::Options;
use crate::identifier::{self, Level, Reading};
use crate::{time, uri};
use jiff::Timestamp;

/// What is wrong with a cell, in Chinese and English.
pub(super) type Wrong = (String, String);

fn wrong<T>(zh: impl Into<String>, en: impl Into<String>) -> Result<T, Wrong> {
    Err((zh.into(), en.into()))
}

/// A time as people write it: ISO 8601, or a date with `-`, `/`, `.` or 年月日, and hours and minutes after it. The zone
/// offset of the result is the one that was written, or that of the options.
pub(super) fn moment(text: &str, options: &Options) -> Result<(Timestamp, String), Wrong> {
    if let Some(at) = time::parse(text) {
        let tail = &text[text.len() - 6..];
        let offset = if time::is_zone_offset(tail) { tail.to_owned() } else { options.time_zone_offset.clone() };
        return Ok((at, offset));
    }
    let normal: String = text
        .chars()
        .map(|c| match c {
            '年' | '月' | '/' | '.' => '-',
            '日' | 'T' | '\u{3000}' => ' ',
            '时' | '：' => ':',
            '分' | '秒' => ' ',
            c => c,
        })
        .collect();
    let mut parts = normal.split_whitespace();
    let (date, clock) = (parts.next().unwrap_or_default(), parts.next().unwrap_or("0:0"));
    let numbers = |text: &str, mark: char| -> Option<Vec<u32>> {
        text.trim_end_matches(mark).split(mark).map(|part| part.parse().ok().filter(|_| part.len() <= 4)).collect()
    };
    let read = || -> Option<Timestamp> {
        let (date, clock) = (numbers(date, '-')?, numbers(clock, ':')?);
        let ([year, month, day], [hour, minute, ..]) = (date.as_slice(), clock.as_slice()) else { return None };
        let second = clock.get(2).copied().unwrap_or(0);
        if clock.len() > 3 || *year < 1000 {
            return None;
        }
        let offset = &options.time_zone_offset;
        time::parse(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{offset}"))
    };
    match read().filter(|_| parts.next().is_none()) {
        Some(at) => Ok((at, options.time_zone_offset.clone())),
        None => wrong(
            format!("“{}”不是日期时间；应如 2024-05-01 08:30", crate::fault::quoted(text)),
            format!("\"{}\" is not a date and time such as 2024-05-01 08:30", crate::fault::quoted(text)),
        ),
    }
}

/// A code as it was scanned, typed or copied: URI, URN, element string, bare SSCC or GTIN. The canonical id and its level.
pub(super) fn code(text: &str) -> Result<(String, Level), Wrong> {
    let malformed = |malformed: identifier::Malformed| (malformed.zh, malformed.en);
    if text.starts_with("urn:") || text.starts_with("http") {
        if !uri::is_uri(text) {
            return wrong(
                format!("“{}”不是有效的 URI", crate::fault::quoted(text)),
                format!("\"{}\" is not a valid URI", crate::fault::quoted(text)),
            );
        }
        return match identifier::read(text).map_err(malformed)? {
            Reading::Gs1 { canonical, level } => Ok((canonical, level)),
            Reading::OtherEpc | Reading::Private => Ok((text.to_owned(), Level::Instance)),
        };
    }
    if text.len() == 18 && identifier::is_digits(text) {
        return match identifier::checks(text) {
            true => Ok((format!("{}00/{text}", identifier::CANONICAL_BASE), Level::Instance)),
            false => wrong("18 位箱码的校验位不对", "the check digit of this code of 18 digits is wrong"),
        };
    }
    let scan = gs1::parse(text).map_err(|error| (error.text_zh(), error.text_en()))?;
    let link = scan.digital_link_canonical().map_err(|error| (error.text_zh(), error.text_en()))?;
    match identifier::read(&link).map_err(malformed)? {
        Reading::Gs1 { canonical, level } => Ok((canonical, level)),
        Reading::OtherEpc | Reading::Private => wrong(
            format!("“{}”不是单品、批次或箱的编码", crate::fault::quoted(text)),
            format!("\"{}\" is not the code of a unit, a lot or a box", crate::fault::quoted(text)),
        ),
    }
}

/// Codes of a cell, separated by white space, semicolons or bars (a comma may stand inside a code).
pub(super) fn split_codes(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(|c: char| c.is_whitespace() || matches!(c, ';' | '；' | '|' | '、' | '，'))
        .filter(|part| !part.is_empty())
}

/// A GTIN of 8, 12, 13 or 14 digits; spaces and hyphens inside are passed over, and so is the quote that spreadsheets
/// put before a number that is text.
pub(super) fn gtin(text: &str) -> Result<gs1::Gtin, Wrong> {
    let digits: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '\'')).collect();
    if digits.contains(['e', 'E', '.']) && digits.parse::<f64>().is_ok() {
        return wrong(
            "条码被表格软件改成了科学计数；请把该列设为文本再填写",
            "the spreadsheet turned the barcode into a number; make the column text and fill it in again",
        );
    }
    digits.parse().map_err(|error: gs1::GtinError| (error.text_zh(), error.to_string()))
}

/// A lot number of AI 10.
pub(super) fn lot(text: &str) -> Result<&str, Wrong> {
    if text.len() <= 20 && identifier::is_set_82(text) {
        return Ok(text);
    }
    wrong(
        "批号最多 20 个字符，只能用字母、数字和常见符号（不能有空格和汉字）",
        "a lot number has at most 20 characters: letters, digits and common marks, no spaces",
    )
}

pub(super) fn quantity(text: &str) -> Result<f64, Wrong> {
    let plain: String = text.chars().filter(|c| !matches!(c, ',' | '，' | ' ')).collect();
    match plain.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => wrong(
            format!("“{}”不是大于零的数量", crate::fault::quoted(text)),
            format!("\"{}\" is not a quantity above zero", crate::fault::quoted(text)),
        ),
    }
}

/// A unit code; `None` for pieces.
pub(super) fn unit(text: &str) -> Result<Option<String>, Wrong> {
    let known = match super::plain(text).as_str() {
        "" | "件" | "个" | "只" | "瓶" | "盒" | "袋" | "包" | "箱" | "台" | "pieces" | "piece" | "pcs" | "pc"
        | "ea" | "c62" | "h87" => None,
        "千克" | "公斤" | "kg" => Some("KGM"),
        "克" | "g" => Some("GRM"),
        "毫克" | "mg" => Some("MGM"),
        "吨" | "t" => Some("TNE"),
        "斤" => return wrong("请换算成千克", "convert to kilograms"),
        "升" | "l" => Some("LTR"),
        "毫升" | "ml" => Some("MLT"),
        "米" | "m" => Some("MTR"),
        "厘米" | "cm" => Some("CMT"),
        "平方米" | "m2" | "㎡" => Some("MTK"),
        "立方米" | "m3" => Some("MTQ"),
        _ if matches!(text.len(), 2 | 3) && text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) => {
            return Ok(Some(text.to_owned()));
        }
        _ => {
            return wrong(
                format!(
                    "不认识单位“{}”；可填 件、千克、克、升、毫升、米，或单位代码如 KGM",
                    crate::fault::quoted(text)
                ),
                format!(
                    "the unit \"{}\" is not known; pieces, kg, g, l, ml, m, or a unit code such as KGM",
                    crate::fault::quoted(text)
                ),
            );
        }
    };
    Ok(known.map(str::to_owned))
}

/// A place or party: a URI, a GLN, or a name under the merchant's own base.
pub(super) fn named(text: &str, ai: &str, noun: &str, options: &Options) -> Result<String, Wrong> {
    if text.contains("://") || text.starts_with("urn:") || text.starts_with("geo:") {
        if !uri::is_uri(text) {
            return wrong(
                format!("“{}”不是有效的 URI", crate::fault::quoted(text)),
                format!("\"{}\" is not a valid URI", crate::fault::quoted(text)),
            );
        }
        return Ok(text.to_owned());
    }
    if text.len() == 13 && identifier::is_digits(text) {
        return match identifier::checks(text) {
            true => Ok(format!("{}{ai}/{text}", identifier::CANONICAL_BASE)),
            false => wrong("位置码（GLN）的校验位不对", "the check digit of the GLN is wrong"),
        };
    }
    if text.chars().count() > 200 {
        return wrong("名称最多 200 个字", "a name has at most 200 characters");
    }
    let mut out = format!("{}:{noun}:", options.base);
    uri::encode_into(text, &mut out);
    Ok(out)
}

/// The bare word of a business document's type.
pub(super) fn document_type(text: &str) -> Result<&'static str, Wrong> {
    Ok(match super::plain(text).as_str() {
        "订单" | "采购单" | "采购订单" | "order" | "purchaseorder" | "po" => "po",
        "发货单" | "送货单" | "出库单" | "despatch" | "dispatch" | "deliverynote" | "desadv" => "desadv",
        "收货单" | "入库单" | "receipt" | "receivingadvice" | "recadv" => "recadv",
        "发票" | "invoice" | "inv" => "inv",
        "提单" | "运单" | "billoflading" | "waybill" | "bol" => "bol",
        "生产单" | "生产工单" | "productionorder" | "prodorder" => "prodorder",
        "退货单" | "return" | "returnauthorisation" | "rma" => "rma",
        "检验报告" | "检测报告" | "testreport" | "testresult" | "testres" => "testres",
        "证书" | "合格证" | "certificate" | "cert" => "cert",
        _ => {
            return wrong(
                format!(
                    "不认识单据类型“{}”；可填 订单、发货单、收货单、发票、提单、生产单、退货单、检验报告",
                    crate::fault::quoted(text)
                ),
                format!(
                    "the document type \"{}\" is not known; order, despatch, receipt, invoice, bill of lading, production \
                     order, return, test report",
                    crate::fault::quoted(text)
                ),
            );
        }
    })
}
