//! The category tree of a market: paths, names, what makes a category special.

use std::collections::BTreeMap;

use jiff::civil::Date;
use policy::{Bilingual, Diagnostics, Pack, Report, Row, TableRow};
use serde::{Deserialize, Serialize};

use crate::finding::Text;

/// Deepest path.
pub const DEPTH_MAX: usize = 6;

/// What is owed to goods of a category beyond the usual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// Eaten or drunk.
    Food,
    /// 保健食品, dietary supplements with a filing.
    HealthFood,
    /// Formula for infants and young children.
    InfantFormula,
    /// Food for special medical purposes.
    MedicalFood,
    Cosmetics,
    /// 特殊化妆品: hair dye, perm, whitening, sun screen, hair loss, new efficacy.
    SpecialCosmetics,
    /// Made for children.
    Children,
    /// Named in the catalogue of compulsory certification.
    Ccc,
    MedicalDevice,
    Medicine,
    /// Special goods of the inspection plan: drawn with certainty.
    Special,
    /// May not be sold to minors.
    Adult,
}

/// A row of the table `categories`; the id is the market's name, a colon and the path (`cn:food/health-food`), because ids are unique in
/// a pack.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CategoryRow {
    /// Slash path from the root, lower case, as listings name it.
    pub path: String,
    pub name: Bilingual,
    /// Holds for everything below too.
    #[serde(default)]
    pub flags: Vec<Flag>,
}

impl TableRow for CategoryRow {
    const TABLE: &'static str = "categories";

    fn check(row: &Row<Self>, _pack: &Pack, report: &mut Report<'_>) {
        let parts: Vec<&str> = row.body.path.split('/').collect();
        let is_part = |part: &&str| {
            !part.is_empty()
                && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        };
        if parts.len() > DEPTH_MAX || !parts.iter().all(is_part) {
            report.refuse(
                "path",
                "category_path",
                Bilingual::new(
                    "路径由小写字母、数字、连字符组成，以斜杠分级，至多 6 级",
                    "A path has lower-case letters, digits and hyphens, levels divided by slashes, six at most",
                ),
            );
        }
    }
}

/// One category.
#[derive(Clone, Debug, PartialEq)]
pub struct Category {
    pub path: String,
    pub name: Text,
    /// Own flags and those of all ancestors, sorted.
    pub flags: Vec<Flag>,
}

impl Category {
    /// 1 for a root.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.path.split('/').count()
    }

    #[must_use]
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.contains(&flag)
    }
}

/// The tree of one market at one date.
#[derive(Clone, Debug, Default)]
pub struct Categories {
    by_path: BTreeMap<String, Category>,
}

impl Categories {
    /// Reads the tree in force on `date`.
    ///
    /// # Errors
    /// The pack's diagnostics where a row cannot be read.
    pub fn from_pack(pack: &Pack, date: Date) -> Result<Self, Diagnostics> {
        let rows = pack.rows_at::<CategoryRow>(date)?;
        Ok(Self::from_rows(rows.iter().map(|row| row.body.clone())))
    }

    /// A tree from rows in any order.
    #[must_use]
    pub fn from_rows(rows: impl IntoIterator<Item = CategoryRow>) -> Self {
        let rows: BTreeMap<String, CategoryRow> = rows.into_iter().map(|row| (row.path.clone(), row)).collect();
        let by_path = rows.values().map(|row| {
            let above =
                lineage(&row.path).filter_map(|path| rows.get(path)).flat_map(|above| above.flags.iter().copied());
            let mut flags: Vec<Flag> = above.collect();
            flags.sort_unstable();
            flags.dedup();
            let name = Text::new(row.name.zh.clone(), row.name.en.clone());
            (row.path.clone(), Category { path: row.path.clone(), name, flags })
        });
        Self { by_path: by_path.collect() }
    }

    /// The category of exactly this path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Category> {
        self.by_path.get(path)
    }

    /// The category of this path or of the nearest known one above it.
    #[must_use]
    pub fn nearest(&self, path: &str) -> Option<&Category> {
        lineage(path).find_map(|path| self.by_path.get(path))
    }

    /// The categories above a path, the root first, without itself.
    #[must_use]
    pub fn ancestors(&self, path: &str) -> Vec<&Category> {
        let mut above: Vec<&Category> = lineage(path).skip(1).filter_map(|path| self.by_path.get(path)).collect();
        above.reverse();
        above
    }

    /// The categories directly below a path; the roots for the empty path. By path.
    #[must_use]
    pub fn children(&self, path: &str) -> Vec<&Category> {
        self.by_path.values().filter(|category| parent(&category.path) == path).collect()
    }

    /// All categories by path.
    pub fn iter(&self) -> impl Iterator<Item = &Category> {
        self.by_path.values()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.by_path.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_path.is_empty()
    }

    /// Whether a path, or the nearest known one above it, has the flag.
    #[must_use]
    pub fn has(&self, path: &str, flag: Flag) -> bool {
        self.nearest(path).is_some_and(|category| category.has(flag))
    }

    /// Names from the root down, for instance 食品 › 保健食品.
    #[must_use]
    pub fn breadcrumb(&self, path: &str) -> Text {
        let mut line: Vec<&Category> = self.ancestors(path);
        line.extend(self.get(path));
        let join =
            |pick: fn(&Category) -> &str| line.iter().map(|category| pick(category)).collect::<Vec<_>>().join(" › ");
        Text::new(join(|category| &category.name.zh), join(|category| &category.name.en))
    }
}

/// Whether `path` is `above` or lies below it. The empty `above` and `*` hold everything.
#[must_use]
pub fn is_within(path: &str, above: &str) -> bool {
    above.is_empty()
        || above == "*"
        || path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The path itself, then each one above it.
fn lineage(path: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(path), |path| Some(parent(path)).filter(|above| !above.is_empty()))
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(above, _)| above)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Categories {
        let row = |path: &str, zh: &str, flags: &[Flag]| CategoryRow {
            path: path.into(),
            name: Bilingual::new(zh, path),
            flags: flags.to_vec(),
        };
        Categories::from_rows([
            row("food/infant/formula", "婴配", &[Flag::InfantFormula]),
            row("food", "食品", &[Flag::Food]),
            row("food/infant", "婴幼儿食品", &[Flag::Children]),
            row("foodware", "餐具", &[]),
        ])
    }

    #[test]
    fn flags_come_down_from_above() {
        let tree = tree();
        let formula = tree.get("food/infant/formula").expect("known");
        assert_eq!(formula.flags, [Flag::Food, Flag::InfantFormula, Flag::Children]);
        assert_eq!(formula.depth(), 3);
        assert!(!tree.has("foodware", Flag::Food));
        assert!(tree.has("food/infant/unheard-of", Flag::Children), "an unknown path counts as the known one above");
        assert!(!tree.has("", Flag::Food));
    }

    #[test]
    fn the_tree_can_be_walked_both_ways() {
        let tree = tree();
        let paths = |list: Vec<&Category>| list.into_iter().map(|category| category.path.clone()).collect::<Vec<_>>();
        assert_eq!(paths(tree.children("")), ["food", "foodware"]);
        assert_eq!(paths(tree.children("food")), ["food/infant"]);
        assert_eq!(paths(tree.ancestors("food/infant/formula")), ["food", "food/infant"]);
        assert_eq!(tree.breadcrumb("food/infant").zh, "食品 › 婴幼儿食品");
    }

    #[test]
    fn a_path_is_within_itself_and_its_ancestors_only() {
        assert!(is_within("food/infant", "food") && is_within("food", "food") && is_within("x", "*"));
        assert!(!is_within("foodware", "food") && !is_within("food", "food/infant"));
    }
}
