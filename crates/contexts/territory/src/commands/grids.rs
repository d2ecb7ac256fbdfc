//! Governance grids (治理网格), many at a time.

use std::collections::{HashMap, HashSet};

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{PlaceLevel, PlacePath};

use super::components::resolve_all;
use super::{authorised, journal_batch};
use crate::error::{Answer, Outcome, Problem, TerritoryError};
use crate::model::{Grid, GridId, GridInput};
use crate::{rules, store};

/// Records grids, answering every row in its order. The covers of a known grid are replaced by those of the row.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_grids(ctx: &Ctx, tx: &mut Tx, inputs: &[GridInput]) -> Result<Vec<Answer>, TerritoryError> {
    let district = authorised(ctx, tx, Action::Import, Resource::Territory).await?;
    let (places, known) = {
        let c = &mut tx.conn()?;
        let keys: HashSet<&str> = inputs
            .iter()
            .flat_map(|g| g.covers.iter().map(String::as_str).chain([g.community.as_str()]))
            .map(str::trim)
            .collect();
        let places = resolve_all(c, &district, &keys.into_iter().collect::<Vec<_>>()).await?;
        let codes: Vec<&str> = inputs.iter().map(|g| g.code.trim()).collect();
        let known = store::grids::by_codes(c, district.id, &codes).await?;
        (places, known.into_iter().map(|g| (g.code.clone(), g)).collect::<HashMap<_, _>>())
    };
    let mut seen = HashSet::new();
    let mut new = Vec::new();
    let mut answers = Vec::with_capacity(inputs.len());
    for input in inputs {
        let mut grid = match checked(input, &places, &mut seen) {
            Ok(grid) => grid,
            Err(problem) => {
                answers.push(problem.into());
                continue;
            }
        };
        let doubts = doubts(&grid);
        let outcome = match known.get(&grid.code) {
            None => {
                grid.id = GridId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
                new.push(grid);
                Outcome::Created
            }
            Some(before) => {
                grid.id = before.id;
                let changed = differences(before, &grid);
                if changed.is_empty() {
                    Outcome::Unchanged
                } else {
                    store::grids::update(&mut tx.conn()?, district.id, &grid).await?;
                    Outcome::Changed(changed)
                }
            }
        };
        answers.push(Answer { outcome, doubts });
    }
    store::grids::insert(&mut tx.conn()?, district.id, &new).await?;
    journal_batch(ctx, tx, "territory.grids_recorded", &district.path, &answers);
    Ok(answers)
}

fn checked(input: &GridInput, places: &HashMap<String, PlacePath>, seen: &mut HashSet<String>) -> Result<Grid, Problem> {
    let code = rules::key_part("grid_code", &input.code)?;
    let name = rules::clean("name", &input.name)?;
    let community = input.community.trim();
    let path = places.get(community).ok_or_else(|| Problem::new("community_code", "unknown", community))?;
    if path.level() != Some(PlaceLevel::Community) {
        return Err(Problem::new("community_code", "not_a_community", community));
    }
    let mut covers = Vec::with_capacity(input.covers.len());
    for key in input.covers.iter().map(|k| k.trim()).filter(|k| !k.is_empty()) {
        covers.push(places.get(key).cloned().ok_or_else(|| Problem::new("covers", "unknown", key))?);
    }
    covers.sort();
    covers.dedup();
    if covers.is_empty() {
        return Err(Problem::new("covers", "missing", ""));
    }
    if !seen.insert(code.clone()) {
        return Err(Problem::new("grid_code", "duplicate", code));
    }
    Ok(Grid { id: GridId(uuid::Uuid::nil()), code, name, community: path.clone(), covers })
}

fn differences(before: &Grid, now: &Grid) -> Vec<&'static str> {
    [
        ("name", before.name != now.name),
        ("community_code", before.community != now.community),
        ("covers", before.covers != now.covers),
    ]
    .into_iter()
    .filter_map(|(field, differs)| differs.then_some(field))
    .collect()
}

fn doubts(grid: &Grid) -> Vec<Problem> {
    let outside = grid.covers.iter().filter(|path| !grid.community.contains(path)).count();
    if outside == 0 { Vec::new() } else { vec![Problem::new("covers", "outside_community", outside.to_string())] }
}
