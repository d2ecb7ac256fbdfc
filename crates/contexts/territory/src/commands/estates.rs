//! Estates (小区), many at a time.

use std::collections::{BTreeMap, HashMap, HashSet};

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_geo::Shape;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};

use super::{authorised, journal_batch, places};
use crate::error::{Answer, Outcome, Problem, TerritoryError};
use crate::model::{District, Division, Estate, EstateInput, Place, PlaceId};
use crate::{rules, store};

/// Records estates, answering every row in its order. A known estate under another community is moved there.
///
/// # Errors
/// `Denied`, store errors. What is wrong with a row is its answer.
pub async fn put_estates(ctx: &Ctx, tx: &mut Tx, inputs: &[EstateInput]) -> Result<Vec<Answer>, TerritoryError> {
    let district = authorised(ctx, tx, Action::Import, Resource::Territory).await?;
    let mut ground = Ground::load(tx, &district, inputs).await?;
    let mut answers = Vec::with_capacity(inputs.len());
    let mut new = Vec::new();
    for (row, input) in inputs.iter().enumerate() {
        answers.push(match ground.checked(ctx, input) {
            Err(problem) => problem.into(),
            Ok((input, community)) => match ground.known.get(&input.code).cloned() {
                Some(estate) => change(ctx, tx, estate, &input, &community).await?,
                None => {
                    new.push((row, input, community));
                    Answer::of(Outcome::Created)
                }
            },
        });
    }
    create(ctx, tx, new.iter().map(|(_, input, community)| (input, community))).await?;
    let outlines = Outlines::load(&mut tx.conn()?, &district, inputs, &ground).await?;
    for (input, answer) in inputs.iter().zip(&mut answers) {
        if !matches!(answer.outcome, Outcome::Rejected(_)) {
            answer.doubts = doubts(input, outlines.of(&ground, &district, input));
        }
    }
    journal_batch(ctx, tx, "territory.estates_recorded", &district.path, &answers);
    Ok(answers)
}

/// What is known around a batch of estates.
struct Ground {
    district: District,
    communities: HashMap<String, Division>,
    known: HashMap<String, Estate>,
    seen: HashSet<String>,
}

impl Ground {
    async fn load(tx: &mut Tx, district: &District, inputs: &[EstateInput]) -> Result<Self, TerritoryError> {
        let c = &mut tx.conn()?;
        let codes: HashSet<&str> = inputs.iter().map(|i| i.community.trim()).collect();
        let communities = store::divisions::by_codes(c, &codes.into_iter().collect::<Vec<_>>()).await?;
        let codes: Vec<&str> = inputs.iter().map(|i| i.code.trim()).collect();
        let known = store::estates::by_codes(c, district.id, &codes).await?;
        Ok(Self {
            district: district.clone(),
            communities: communities.into_iter().map(|d| (d.code.clone(), d)).collect(),
            known: known.into_iter().map(|e| (e.place.code.clone(), e)).collect(),
            seen: HashSet::new(),
        })
    }

    /// The row with its texts cleaned, and the path of its community.
    fn checked(&mut self, ctx: &Ctx, input: &EstateInput) -> Result<(EstateInput, PlacePath), Problem> {
        let mut input = input.clone();
        input.code = rules::key_part("estate_code", &input.code)?;
        input.name = rules::clean("name", &input.name)?;
        input.manager_name = input.manager_name.as_deref().map(|n| rules::clean("manager_name", n)).transpose()?;
        let this_year = i64::from(ctx.now().local().year());
        in_range("year_built", input.year_built, 1800, this_year + 5)?;
        in_range("households", input.households, 0, 200_000)?;
        in_range("buildings", input.buildings, 0, 10_000)?;
        // 10⁹ m² is more floor than any district has.
        in_range("area_m2", input.area.map(|a| a.0), 0, 100_000_000_000)?;
        if let Some(code) = &input.manager_credit_code {
            linli_kernel::social_credit_code(code)
                .map_err(|e| Problem::new("manager_credit_code", "credit_code", e.to_string()))?;
        }
        if let Some(since) = input.managed_since.filter(|since| *since > ctx.now().local().date()) {
            return Err(Problem::new("managed_since", "in_the_future", since.to_string()));
        }
        let path = self.community(input.community.trim())?;
        if !self.seen.insert(input.code.clone()) {
            return Err(Problem::new("estate_code", "duplicate", input.code));
        }
        Ok((input, path))
    }

    fn community(&self, code: &str) -> Result<PlacePath, Problem> {
        let Some(community) = self.communities.get(code) else {
            return Err(Problem::new("community_code", "unknown", code));
        };
        if community.valid_to.is_some() {
            return Err(Problem::new("community_code", "closed", community.replaced_by.clone().unwrap_or_default()));
        }
        if community.place_path.level() != Some(PlaceLevel::Community) {
            return Err(Problem::new("community_code", "not_a_community", code));
        }
        if !self.district.path.contains(&community.place_path) {
            return Err(Problem::new("community_code", "other_district", code));
        }
        Ok(community.place_path.clone())
    }
}

/// Refuses numbers that no such thing has.
pub(super) fn in_range(field: &'static str, value: Option<i64>, least: i64, most: i64) -> Result<(), Problem> {
    match value {
        Some(v) if v < least || v > most => Err(Problem::new(field, "impossible", v.to_string())),
        _ => Ok(()),
    }
}

async fn create<'a>(
    ctx: &Ctx,
    tx: &mut Tx,
    rows: impl Iterator<Item = (&'a EstateInput, &'a PlacePath)>,
) -> Result<(), TerritoryError> {
    let mut by_community: BTreeMap<&PlacePath, Vec<&EstateInput>> = BTreeMap::new();
    for (input, community) in rows {
        by_community.entry(community).or_default().push(input);
    }
    let district = tx.district();
    let mut estates = Vec::new();
    for (community, inputs) in by_community {
        let count = i64::try_from(inputs.len()).unwrap_or(i64::MAX);
        let first = store::places::take_numbers(&mut tx.conn()?, district, community, count).await?;
        for (number, input) in (first..).zip(inputs) {
            let path = numbered(community, number)?;
            let id = PlaceId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
            let place =
                Place { id, district, level: PlaceLevel::Estate, path, name: input.name.clone(), code: input.code.clone() };
            let mut estate = Estate {
                place,
                kind: None,
                year_built: None,
                households: None,
                buildings_declared: None,
                area: None,
                management: None,
                manager_name: None,
                manager_credit_code: None,
                managed_since: None,
                point: None,
                buildings: 0,
                entrances: 0,
                homes: 0,
            };
            take_over(&mut estate, input);
            estates.push(estate);
        }
    }
    let nodes: Vec<Place> = estates.iter().map(|e| e.place.clone()).collect();
    let c = &mut tx.conn()?;
    store::places::insert(c, &nodes, ctx.now()).await?;
    store::estates::insert(c, &estates).await?;
    Ok(())
}

/// The child path of a number from the counter.
pub(super) fn numbered(parent: &PlacePath, number: i64) -> Result<PlacePath, TerritoryError> {
    let path = u32::try_from(number).ok().and_then(|n| parent.child(n).ok());
    path.ok_or_else(|| TerritoryError::Invalid(Problem::new("place", "no_path", parent.to_string())))
}

async fn change(
    ctx: &Ctx,
    tx: &mut Tx,
    mut estate: Estate,
    input: &EstateInput,
    community: &PlacePath,
) -> Result<Answer, TerritoryError> {
    let district = tx.district();
    let mut changed = take_over(&mut estate, input);
    if !changed.is_empty() {
        store::estates::update(&mut tx.conn()?, &estate).await?;
    }
    if estate.place.name != input.name {
        store::places::rename(&mut tx.conn()?, district, estate.place.id, &input.name).await?;
        changed.push("name");
    }
    if estate.place.path.parent().as_ref() != Some(community) {
        places::relocate(ctx, tx, &estate.place, community).await?;
        changed.push("community_code");
    }
    Ok(Answer::of(if changed.is_empty() { Outcome::Unchanged } else { Outcome::Changed(changed) }))
}

/// Takes over what is stated; gives the fields that differ now.
fn take_over(estate: &mut Estate, input: &EstateInput) -> Vec<&'static str> {
    let mut changed = Vec::new();
    let mut note = |differs: bool, field| {
        if differs {
            changed.push(field)
        }
    };
    note(replace(&mut estate.kind, input.kind), "kind");
    note(replace(&mut estate.year_built, input.year_built), "year_built");
    note(replace(&mut estate.households, input.households), "households");
    note(replace(&mut estate.buildings_declared, input.buildings), "buildings");
    note(replace(&mut estate.area, input.area), "area_m2");
    note(replace(&mut estate.management, input.management), "management");
    note(replace(&mut estate.manager_name, input.manager_name.clone()), "manager_name");
    note(replace(&mut estate.manager_credit_code, input.manager_credit_code.clone()), "manager_credit_code");
    note(replace(&mut estate.managed_since, input.managed_since), "managed_since");
    note(replace(&mut estate.point, input.point), "point");
    changed
}

/// What is not stated leaves what is known.
pub(super) fn replace<T: PartialEq>(known: &mut Option<T>, stated: Option<T>) -> bool {
    let differs = stated.is_some() && *known != stated;
    if differs {
        *known = stated;
    }
    differs
}

/// Outlines of the communities of a batch and of the district.
struct Outlines(HashMap<PlacePath, Shape>);

impl Outlines {
    async fn load(
        c: &mut Conn<'_>,
        district: &District,
        inputs: &[EstateInput],
        ground: &Ground,
    ) -> Result<Self, TerritoryError> {
        if inputs.iter().all(|i| i.point.is_none()) {
            return Ok(Self(HashMap::new()));
        }
        let mut paths: Vec<PlacePath> = ground.communities.values().map(|d| d.place_path.clone()).collect();
        paths.push(district.path.clone());
        Ok(Self(shapes(c, district.id, &paths).await?))
    }

    fn of(&self, ground: &Ground, district: &District, input: &EstateInput) -> Option<&Shape> {
        let community = ground.communities.get(input.community.trim()).and_then(|d| self.0.get(&d.place_path));
        community.or_else(|| self.0.get(&district.path))
    }
}

/// The outlines of these places, as far as they are known and readable.
pub(super) async fn shapes(
    c: &mut Conn<'_>,
    district: DistrictId,
    paths: &[PlacePath],
) -> Result<HashMap<PlacePath, Shape>, TerritoryError> {
    let found = store::boundaries::at_paths(c, district, paths).await?;
    Ok(found.into_iter().filter_map(|b| Shape::from_geojson(&b.geojson).ok().map(|shape| (b.path, shape))).collect())
}

fn doubts(input: &EstateInput, outline: Option<&Shape>) -> Vec<Problem> {
    let mut doubts = Vec::new();
    if let (Some(point), Some(outline)) = (input.point, outline)
        && !outline.contains(point)
    {
        doubts.push(Problem::new("lon", "outside_place", format!("{:.6},{:.6}", point.lon(), point.lat())));
    }
    if let (Some(built), Some(since)) = (input.year_built, input.managed_since)
        && i64::from(since.year()) < built
    {
        doubts.push(Problem::new("managed_since", "before_built", format!("{since} < {built}")));
    }
    doubts
}
