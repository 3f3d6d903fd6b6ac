//! Which recalls reach a code, for everybody.

use super::tables::{reach, recalls};
use super::{key, read};
use crate::Error;
use crate::model::{Part, Recall, State};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use std::collections::{BTreeMap, BTreeSet};

/// Most values in one `IN (…)`.
const IN_MAX: usize = 400;
/// Recalls of one code that are looked at.
const NAMED_MAX: u64 = 100;

/// Recalls that the public is told of and that reach a code: of each of these codes, in their order.
pub(crate) async fn public_of_each(db: &impl ConnectionTrait, codes: &[String]) -> Result<Vec<Vec<Recall>>, Error> {
    let keys: Vec<String> = codes.iter().map(|code| key(code)).collect();
    let mut named: Vec<(String, String)> = Vec::new();
    for part in keys.chunks(IN_MAX) {
        let rows = reach::Entity::find()
            .select_only()
            .columns([reach::Column::Code, reach::Column::RecallId])
            .distinct()
            .filter(reach::Column::Code.is_in(part.iter().map(String::as_str)))
            .filter(reach::Column::Part.ne(Part::Source.name()))
            .limit(NAMED_MAX * part.len() as u64)
            .into_tuple::<(String, String)>()
            .all(db)
            .await?;
        named.extend(rows);
    }
    let ids: BTreeSet<&str> = named.iter().map(|(_, id)| id.as_str()).collect();
    let mut found = BTreeMap::new();
    for part in ids.into_iter().collect::<Vec<_>>().chunks(IN_MAX) {
        let states = State::ALL.iter().filter(|state| state.is_public()).map(|state| state.name());
        let rows = recalls::Entity::find()
            .filter(recalls::Column::Id.is_in(part.iter().copied()))
            .filter(recalls::Column::State.is_in(states))
            .all(db)
            .await?;
        for row in rows {
            let recall = read(row)?;
            found.insert(recall.id.clone(), recall);
        }
    }
    let of_code = |code: &String| {
        let ids = named.iter().filter(|(named, _)| named == code).map(|(_, id)| id);
        ids.filter_map(|id| found.get(id).cloned()).collect()
    };
    Ok(keys.iter().map(of_code).collect())
}
