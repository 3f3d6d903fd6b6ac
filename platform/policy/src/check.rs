//! What must hold between the rows of a pack, whatever their tables mean.

use std::collections::{BTreeMap, HashMap};

use crate::diagnostic::{Diagnostic, Place};
use crate::envelope::RawRow;
use crate::graph::circle;
use crate::law::{Law, Provision};
use crate::row::{Row, TableRow};
use crate::text::{Bilingual, nearest};
use crate::typed;

pub(crate) fn extend_rows(tables: &mut BTreeMap<String, Vec<RawRow>>, found: &mut Vec<Diagnostic>) {
    for rows in tables.values_mut() {
        let mut edges: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for row in rows.iter() {
            if let Some((base, place)) = &row.extends {
                if !rows.iter().any(|other| other.id == *base) {
                    let near = nearest(base, rows.iter().map(|other| other.id.as_str()));
                    found.push(unknown_row(base, near, place).in_row(&row.id).in_field("extends"));
                }
                edges.entry(row.id.clone()).or_default().push(base.clone());
            }
        }
        if let Some(names) = circle(&edges) {
            if let Some(row) = rows.iter().find(|row| row.id == names[0]) {
                found.push(cycle(&names, &row.place).in_field("extends"));
            }
            continue;
        }
        // No circle: resolving a base before what extends it ends.
        let mut resolved: Vec<Option<RawRow>> = vec![None; rows.len()];
        for index in 0..rows.len() {
            resolve(index, rows, &mut resolved);
        }
        *rows = resolved.into_iter().flatten().collect();
    }
}

fn resolve(index: usize, rows: &[RawRow], resolved: &mut Vec<Option<RawRow>>) {
    if resolved[index].is_some() {
        return;
    }
    let mut row = rows[index].clone();
    if let Some((base, _)) = &row.extends {
        let candidates = || rows.iter().enumerate().filter(|(_, other)| other.id == *base);
        let in_force =
            candidates().find(|(_, other)| other.from <= row.from && other.until.is_none_or(|until| row.from < until));
        if let Some((at, _)) = in_force.or_else(|| candidates().max_by_key(|(_, other)| other.from)) {
            resolve(at, rows, resolved);
            if let Some(base) = resolved[at].clone() {
                row.inherit(&base);
            }
        }
    }
    resolved[index] = Some(row);
}

/// An id belongs to one table; rows that share it must not be in force on the same day.
pub(crate) fn check_identity(tables: &BTreeMap<String, Vec<RawRow>>, found: &mut Vec<Diagnostic>) {
    let mut owners: HashMap<&str, (&str, Vec<&RawRow>)> = HashMap::new();
    for (table, rows) in tables {
        for row in rows {
            let (owner, earlier) = owners.entry(&row.id).or_insert_with(|| (table.as_str(), Vec::new()));
            let first = earlier.first().map(|row| row.place.to_string());
            if *owner != table {
                let at = first.unwrap_or_default();
                found.push(identity_error(
                    row,
                    "policy_id_duplicate",
                    Bilingual::new(
                        format!("id 已在 {at} 的表 {owner} 中使用，请另取一个"),
                        format!("The id is taken by {at} in table {owner}; choose another"),
                    ),
                ));
            } else if let Some(other) = earlier.iter().find(|other| other.meets(row)) {
                let at = &other.place;
                let (code, message) = if other.from == row.from && other.until == row.until {
                    (
                        "policy_id_duplicate",
                        Bilingual::new(
                            format!("与 {at} 是同一个 id、同一段日期，请另取一个 id 或删去一行"),
                            format!("Same id and same dates as {at}; choose another id or remove one row"),
                        ),
                    )
                } else {
                    (
                        "policy_dates_overlap",
                        Bilingual::new(
                            format!("与 {at} 的有效期重叠；请让前一行的 until 等于后一行的 from"),
                            format!(
                                "In force on the same days as {at}; let the earlier row's `until` be the later row's `from`"
                            ),
                        ),
                    )
                };
                found.push(identity_error(row, code, message));
            }
            earlier.push(row);
        }
    }
}

fn identity_error(row: &RawRow, code: &'static str, message: Bilingual) -> Diagnostic {
    Diagnostic::at(&row.place, code, message).in_row(&row.id).in_field("id")
}

pub(crate) fn read_laws(tables: &BTreeMap<String, Vec<RawRow>>, found: &mut Vec<Diagnostic>) -> Vec<Row<Law>> {
    let mut laws = Vec::new();
    for raw in tables.get(Law::TABLE).into_iter().flatten() {
        match typed::read_entries::<Law>(&raw.body(), &raw.place) {
            Ok(body) => laws.push(Row {
                id: raw.id.clone(),
                from: raw.from,
                until: raw.until,
                mode: raw.mode,
                basis: Vec::new(),
                reason: None,
                fix: None,
                when: None,
                tests: Vec::new(),
                place: raw.place.clone(),
                body,
            }),
            Err(diagnostic) => found.push(diagnostic.in_row(&raw.id)),
        }
    }
    laws
}

pub(crate) fn check_basis(tables: &BTreeMap<String, Vec<RawRow>>, laws: &[Row<Law>], found: &mut Vec<Diagnostic>) {
    for row in tables.values().flatten() {
        for (basis, place) in &row.basis {
            let mut versions = laws.iter().filter(|law| law.id == basis.law).peekable();
            if versions.peek().is_none() {
                let near = nearest(&basis.law, laws.iter().map(|law| law.id.as_str()));
                found.push(unknown_law(&basis.law, near, place).in_row(&row.id).in_field("basis"));
                continue;
            }
            let known = versions.any(|law| match law.body.articles {
                None => true,
                Some(_) if basis.article.is_empty() => true,
                Some(last) => Provision::parse(&basis.article).is_some_and(|provision| provision.article <= last),
            });
            if !known {
                found.push(unknown_article(&basis.article, &basis.law, laws, place).in_row(&row.id).in_field("basis"));
            }
        }
    }
}

fn unknown_law(law: &str, near: Option<&str>, place: &Place) -> Diagnostic {
    let (zh, en) = match near {
        Some(near) => (format!("，您是否想写“{near}”？"), format!("; did you mean `{near}`?")),
        None => ("，请在 laws 表中补上".to_owned(), "; add it to the table `laws`".to_owned()),
    };
    Diagnostic::at(
        place,
        "policy_law_unknown",
        Bilingual::new(format!("laws 表中没有“{law}”这部法律{zh}"), format!("The table `laws` has no `{law}`{en}")),
    )
}

fn unknown_article(article: &str, law: &str, laws: &[Row<Law>], place: &Place) -> Diagnostic {
    let last = laws.iter().filter(|row| row.id == law).filter_map(|row| row.body.articles).max().unwrap_or(0);
    Diagnostic::at(
        place,
        "policy_article_unknown",
        Bilingual::new(
            format!("“{law}”没有条款“{article}”；它共 {last} 条，写成 9、9(3)、28¶2 或 28¶2(4)"),
            format!("`{law}` has no article `{article}`; it has {last}, written 9, 9(3), 28¶2 or 28¶2(4)"),
        ),
    )
}

pub(crate) fn unknown_row(id: &str, near: Option<&str>, place: &Place) -> Diagnostic {
    let (zh, en) = match near {
        Some(near) => (format!("，您是否想写“{near}”？"), format!("; did you mean `{near}`?")),
        None => (String::new(), String::new()),
    };
    Diagnostic::at(
        place,
        "policy_row_unknown",
        Bilingual::new(format!("没有 id 为“{id}”的行{zh}"), format!("There is no row `{id}`{en}")),
    )
}

pub(crate) fn cycle(names: &[&str], place: &Place) -> Diagnostic {
    let path = format!("{} → {}", names.join(" → "), names[0]);
    Diagnostic::at(
        place,
        "policy_cycle",
        Bilingual::new(
            format!("这些行互相引用成了环：{path}；请去掉其中一处引用"),
            format!("These rows need each other in a circle: {path}; remove one of the references"),
        ),
    )
    .in_row(names[0])
}
