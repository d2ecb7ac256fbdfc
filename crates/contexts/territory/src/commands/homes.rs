//! Homes with the buildings and entrances they lie in, many at a time.

use std::collections::{BTreeMap, HashMap, HashSet};

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{PlaceLevel, PlacePath};
use serde::{Deserialize, Serialize};

use super::estates::{in_range, numbered, replace};
use super::{authorised, journal_batch};
use crate::error::{Answer, Outcome, Problem, TerritoryError};
use crate::model::{Home, HomeInput, Place, PlaceId};
use crate::{rules, store};

/// A building (楼栋) or an entrance (单元) to be recorded.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EntranceInput {
    /// Natural key of the estate.
    pub estate: String,
    /// Name of the building.
    pub building: String,
    /// Name of the entrance; `None` for the building alone.
    pub entrance: Option<String>,
}

/// Records buildings and entrances, answering every row in its order. A missing building is made with its entrance.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_entrances(ctx: &Ctx, tx: &mut Tx, inputs: &[EntranceInput]) -> Result<Vec<Answer>, TerritoryError> {
    let district = authorised(ctx, tx, Action::Import, Resource::Territory).await?;
    let mut known = Known::estates(tx, inputs.iter().map(|i| i.estate.trim())).await?;
    let mut answers = Vec::with_capacity(inputs.len());
    let mut branches = Vec::new();
    for (row, input) in inputs.iter().enumerate() {
        answers.push(match known.branch(&input.estate, &input.building, input.entrance.as_deref(), None) {
            Ok(branch) => {
                branches.push((row, branch));
                Answer::of(Outcome::Unchanged)
            }
            Err(problem) => problem.into(),
        });
    }
    known.load(tx, branches.iter().map(|(_, b)| b)).await?;
    let mut before: HashSet<String> = known.places.keys().cloned().collect();
    grow(ctx, tx, &mut known, branches.iter().map(|(_, b)| b)).await?;
    for (row, branch) in &branches {
        if let (Some(answer), Some(top)) = (answers.get_mut(*row), branch.last())
            && before.insert(top.code.clone())
        {
            answer.outcome = Outcome::Created;
        }
    }
    journal_batch(ctx, tx, "territory.entrances_recorded", &district.path, &answers);
    Ok(answers)
}

/// Records homes, answering every row in its order. Missing buildings and entrances are made.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_homes(ctx: &Ctx, tx: &mut Tx, inputs: &[HomeInput]) -> Result<Vec<Answer>, TerritoryError> {
    let district = authorised(ctx, tx, Action::Import, Resource::Home).await?;
    let mut known = Known::estates(tx, inputs.iter().map(|i| i.estate.trim())).await?;
    let mut answers = Vec::with_capacity(inputs.len());
    let mut branches = Vec::new();
    let mut seen = HashSet::new();
    for (row, input) in inputs.iter().enumerate() {
        answers.push(match checked(&known, input, &mut seen) {
            Ok(branch) => {
                branches.push((row, branch));
                Answer::of(Outcome::Unchanged)
            }
            Err(problem) => problem.into(),
        });
    }
    known.load(tx, branches.iter().map(|(_, b)| b)).await?;
    let codes: Vec<&str> = branches.iter().filter_map(|(_, b)| b.last()).map(|n| n.code.as_str()).collect();
    let homes = store::estates::homes_by_codes(&mut tx.conn()?, district.id, &codes).await?;
    let homes: HashMap<String, Home> = homes.into_iter().map(|h| (h.place.code.clone(), h)).collect();
    grow(ctx, tx, &mut known, branches.iter().map(|(_, b)| b)).await?;
    let mut new = Vec::new();
    for (row, branch) in &branches {
        let (Some(answer), Some(input), Some(node)) = (answers.get_mut(*row), inputs.get(*row), branch.last()) else { continue };
        answer.outcome = match (homes.get(&node.code), known.places.get(&node.code)) {
            (Some(home), _) => change(tx, home.clone(), input).await?,
            (None, Some(place)) => {
                new.push(Home { place: place.clone(), floor: input.floor, room: node.name.clone(), area: input.area });
                Outcome::Created
            }
            (None, None) => Outcome::Rejected(Problem::new("room", "not_made", node.code.clone())),
        };
    }
    store::estates::insert_homes(&mut tx.conn()?, &new).await?;
    journal_batch(ctx, tx, "territory.homes_recorded", &district.path, &answers);
    Ok(answers)
}

fn checked(known: &Known, input: &HomeInput, seen: &mut HashSet<String>) -> Result<Vec<Node>, Problem> {
    // The lowest basement and the highest storey of any dwelling, with room to spare.
    in_range("floor", input.floor, -10, 200)?;
    in_range("area_m2", input.area.map(|a| a.0), 1, 100_000_000)?;
    let branch = known.branch(&input.estate, &input.building, Some(&input.entrance), Some(&input.room))?;
    match branch.last() {
        Some(home) if !seen.insert(home.code.clone()) => Err(Problem::new("room", "duplicate", home.code.clone())),
        _ => Ok(branch),
    }
}

async fn change(tx: &mut Tx, mut home: Home, input: &HomeInput) -> Result<Outcome, TerritoryError> {
    let mut changed = Vec::new();
    if replace(&mut home.floor, input.floor) {
        changed.push("floor");
    }
    if replace(&mut home.area, input.area) {
        changed.push("area_m2");
    }
    if changed.is_empty() {
        return Ok(Outcome::Unchanged);
    }
    store::estates::update_home(&mut tx.conn()?, &home).await?;
    Ok(Outcome::Changed(changed))
}

/// A node of a branch from the building down: its key, the key above it, its own name.
#[derive(Debug, Clone)]
struct Node {
    code: String,
    parent: String,
    name: String,
}

/// The places that are known around a batch, by key.
struct Known {
    places: HashMap<String, Place>,
}

impl Known {
    async fn estates(tx: &mut Tx, codes: impl Iterator<Item = &str>) -> Result<Self, TerritoryError> {
        let codes: HashSet<&str> = codes.collect();
        let district = tx.district();
        let found = store::places::by_codes(&mut tx.conn()?, district, &codes.into_iter().collect::<Vec<_>>()).await?;
        let estates = found.into_iter().filter(|p| p.level == PlaceLevel::Estate);
        Ok(Self { places: estates.map(|p| (p.code.clone(), p)).collect() })
    }

    /// The nodes from the building down to the last part that is given.
    fn branch(&self, estate: &str, building: &str, entrance: Option<&str>, room: Option<&str>) -> Result<Vec<Node>, Problem> {
        let estate = estate.trim();
        if !self.places.contains_key(estate) {
            return Err(Problem::new("estate_code", "unknown", estate));
        }
        let mut parent = estate.to_owned();
        let mut nodes = Vec::with_capacity(3);
        for (field, part) in [("building", Some(building)), ("entrance", entrance), ("room", room)] {
            let Some(part) = part else { break };
            let name = rules::key_part(field, part)?;
            let code = format!("{parent}/{name}");
            nodes.push(Node { code: code.clone(), parent, name });
            parent = code;
        }
        Ok(nodes)
    }

    async fn load(&mut self, tx: &mut Tx, branches: impl Iterator<Item = &Vec<Node>>) -> Result<(), TerritoryError> {
        let codes: HashSet<&str> = branches.flatten().map(|n| n.code.as_str()).collect();
        let district = tx.district();
        let found = store::places::by_codes(&mut tx.conn()?, district, &codes.into_iter().collect::<Vec<_>>()).await?;
        self.places.extend(found.into_iter().map(|p| (p.code.clone(), p)));
        Ok(())
    }
}

/// Makes what is missing of the branches, level by level, and keeps the counts of the estates.
async fn grow(
    ctx: &Ctx,
    tx: &mut Tx,
    known: &mut Known,
    branches: impl Iterator<Item = &Vec<Node>> + Clone,
) -> Result<(), TerritoryError> {
    let mut counts: BTreeMap<PlacePath, (i64, i64, i64)> = BTreeMap::new();
    for depth in 0..3 {
        let mut wanted = HashSet::new();
        let missing: Vec<&Node> = branches
            .clone()
            .filter_map(|b| b.get(depth))
            .filter(|n| !known.places.contains_key(&n.code) && wanted.insert(n.code.as_str()))
            .collect();
        for place in plant(ctx, tx, known, &missing).await? {
            let count = counts.entry(place.path.at_level(PlaceLevel::Estate)).or_default();
            match place.level {
                PlaceLevel::Building => count.0 += 1,
                PlaceLevel::Entrance => count.1 += 1,
                _ => count.2 += 1,
            }
            known.places.insert(place.code.clone(), place);
        }
    }
    let district = tx.district();
    for (estate, count) in counts {
        store::estates::add_counts(&mut tx.conn()?, district, &estate, count).await?;
    }
    Ok(())
}

async fn plant(ctx: &Ctx, tx: &mut Tx, known: &Known, missing: &[&Node]) -> Result<Vec<Place>, TerritoryError> {
    // In the order of the parents' paths, so that two loads at once take the counters in one order.
    let mut by_parent: BTreeMap<&PlacePath, Vec<&Node>> = BTreeMap::new();
    for node in missing {
        let parent = known.places.get(&node.parent).ok_or_else(|| TerritoryError::Unknown(node.parent.clone()))?;
        by_parent.entry(&parent.path).or_default().push(node);
    }
    let district = tx.district();
    let mut places = Vec::with_capacity(missing.len());
    for (parent, nodes) in by_parent {
        let count = i64::try_from(nodes.len()).unwrap_or(i64::MAX);
        let first = store::places::take_numbers(&mut tx.conn()?, district, parent, count).await?;
        for (number, node) in (first..).zip(nodes) {
            let path = numbered(parent, number)?;
            let level = path.level().ok_or_else(|| TerritoryError::WrongLevel(node.code.clone()))?;
            let id = PlaceId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
            places.push(Place { id, district, level, path, name: node.name.clone(), code: node.code.clone() });
        }
    }
    store::places::insert(&mut tx.conn()?, &places, ctx.now()).await?;
    Ok(places)
}
